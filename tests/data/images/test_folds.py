import numpy as np

from models.data.images.folds import load_folds, masks, plan
from models.data.images.labels import PictureLabel
from models.data.labels import NO, YES


def test_the_plan_on_disk_is_the_plan_of_the_table(built):
    assert load_folds(built.folder) == plan(built.pictures)


def test_every_source_of_weapons_is_held_out_once(built):
    held = [fold.positives for fold in plan(built.pictures) if fold.label is PictureLabel.WEAPONS]
    assert held == [("cognigun",), ("weapon_ahmed17k",)]


def test_no_fold_trains_on_a_group_that_it_reports_on(built):
    for fold in plan(built.pictures):
        rows = masks(built.pictures, fold)
        seen = built.pictures.groups[rows.train | rows.validation | rows.calibration]
        assert not np.isin(built.pictures.groups[rows.test], seen).any()


def test_no_fold_trains_on_a_source_that_it_holds_out(built):
    for fold in plan(built.pictures):
        trained = set(built.pictures.sources[masks(built.pictures, fold).train].tolist())
        assert not trained & {*fold.positives, *fold.negatives}


def test_every_fold_reports_on_both_sides(built):
    for fold in plan(built.pictures):
        values = built.pictures.column(fold.label)[masks(built.pictures, fold).test]
        assert {YES, NO} == set(values.tolist())


def test_crops_are_never_reported_on(built):
    for fold in plan(built.pictures):
        assert "crop" not in built.pictures.kinds[masks(built.pictures, fold).test]
