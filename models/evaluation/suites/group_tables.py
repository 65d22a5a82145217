"""Tables of groups, as fairness reports them."""

from models.evaluation.group_bias import GroupBias
from models.evaluation.suites.markdown import markdown_table


def groups_table(groups: list[GroupBias]) -> str:
    """Rates and areas, a line a group; empty cells where a side has too few rows."""
    header = ["group", "rows", "FPR", "TPR", "subgroup AUC", "BPSN AUC", "BNSP AUC"]
    rows = [
        [
            one.group,
            f"{one.n_rows:,}",
            *(_number(x) for x in (one.fpr, one.tpr, one.subgroup_auc, one.bpsn_auc, one.bnsp_auc)),
        ]
        for one in groups
    ]
    return markdown_table(header, rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
