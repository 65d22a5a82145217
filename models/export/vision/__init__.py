"""The image side of the export: a trained or foreign picture model to a verified image bundle."""
