"""What each list holds: fields, the column names people give them, and what a cell must look like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridmap.domain.cases import CaseSource, CaseStatus, ClosingReason
from gridmap.domain.levels import Level
from gridmap.domain.people import AssignmentRole, MemberKind
from gridmap.errors import BadInput


class Kind(StrEnum):
    """What a cell is read as."""

    TEXT = "text"
    NUMBER = "whole number, 0 or more"
    DAY = "day, such as 2026-11-01"
    MOMENT = "time, such as 2026-11-01 09:30 (China time where no zone stands)"
    FLAG = "yes or no"
    WORDS = "words with commas between"
    CHOICE = "one of a list"
    UNIT = "unit code"


class Shape(StrEnum):
    """The geometry a list carries."""

    NONE = "none"
    POINT = "point"
    AREA = "area"


@dataclass(frozen=True)
class Field:
    """One field. ``names``: usual column names, Chinese and English, in lower case. ``choices``: word → its names."""

    name: str
    names: tuple[str, ...]
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    default: object = None


@dataclass(frozen=True)
class Layer:
    """One list that can be imported. ``identity``: the fields by which a row is recognised the next time."""

    name: str
    title: str
    fields: tuple[Field, ...]
    identity: tuple[str, ...]
    shape: Shape = Shape.NONE
    shape_required: bool = False

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


def _choices(words: type[StrEnum], **names: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((word.value, (word.value, *names.get(word.value, ()))) for word in words)


_CODE = (
    "code",
    "编码",
    "代码",
    "编号",
    "单元编码",
    "区划代码",
    "unit_code",
    "统计用区划代码",
    "adcode",
    "dm",
    "bm",
    "行政区划代码",
    "统计代码",
    "编码号",
    "geoid",
    "gridcode",
    "unitcode",
    "区域编码",
)
_NAME = (
    "name",
    "名称",
    "单元名称",
    "mc",
    "title",
    "name_zh",
    "名字",
    "全称",
    "区划名称",
    "行政区划名称",
    "unit_name",
    "cnname",
    "namech",
)
_UNIT = (
    "unit",
    "unit_code",
    "所属单元",
    "网格编码",
    "所属网格",
    "网格",
    "grid",
    "grid_code",
    "community",
    "社区编码",
    "所属社区",
    "网格编号",
    "所属网格编码",
    "所属网格编号",
    "单元编码",
    "所属单元编码",
    "责任网格",
    "网格代码",
    "社区编号",
    "村社区编码",
)
_FROM = ("opened_on", "启用日期", "设立日期", "开始日期", "启用时间", "设立时间", "建成时间", "since", "start")
_UNTIL = ("closed_on", "停用日期", "撤销日期", "结束日期", "until", "end")

_AREA_FIELDS = (
    Field(
        "code",
        (
            *_CODE,
            "网格编码",
            "网格编号",
            "网格代码",
            "小区编码",
            "小区编号",
            "社区编码",
            "社区编号",
            "村编码",
            "院坝编码",
            "乡镇编码",
            "grid_code",
            "grid_id",
            "gridid",
            "gid",
        ),
        Kind.UNIT,
        required=True,
    ),
    Field(
        "name",
        (
            *_NAME,
            "网格名称",
            "网格名",
            "小区名称",
            "小区名",
            "社区名称",
            "村社区名称",
            "村名",
            "乡镇名称",
            "院坝名称",
            "grid_name",
            "gridname",
        ),
        required=True,
    ),
    Field("urban", ("urban", "城镇", "是否城镇", "城乡", "城乡分类"), Kind.FLAG, default=False),
)

LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer("boundaries", "Boundaries", _AREA_FIELDS, ("code",), Shape.AREA, shape_required=True),
        Layer("compounds", "Compounds and courtyards", _AREA_FIELDS, ("code",), Shape.AREA),
        Layer(
            "organisations",
            "Organisations",
            (
                Field(
                    "code", ("code", "组织编码", "党组织编码", "编码", "代码", "编号", "organisation"), required=True
                ),
                Field("name", (*_NAME, "组织名称", "党组织名称"), required=True),
                Field("unit", _UNIT, Kind.UNIT, required=True),
                Field(
                    "level",
                    ("level", "层级", "级别"),
                    Kind.CHOICE,
                    choices=_choices(
                        Level,
                        county=("区县", "县"),
                        town=("镇街", "乡镇", "街道"),
                        community=("社区", "村", "村/社区"),
                        grid=("网格",),
                        compound=("小区",),
                        courtyard=("院坝", "院落"),
                    ),
                ),
                Field("functional", ("functional", "功能型", "是否功能型"), Kind.FLAG, default=False),
                Field("parent", ("parent", "parent_code", "上级组织", "上级编码", "上级组织编码", "上级党组织")),
                Field("founded_on", ("founded_on", "成立日期", *_FROM), Kind.DAY),
                Field("dissolved_on", ("dissolved_on", *_UNTIL), Kind.DAY),
            ),
            ("code",),
        ),
        Layer(
            "members",
            "Members",
            (
                Field(
                    "label",
                    ("label", "党员编号", "党员代号", "编号", "代号", "member", "member_id", "id"),
                    required=True,
                ),
                Field(
                    "organisation",
                    ("organisation", "organisation_code", "组织编码", "所在党组织", "所属组织"),
                    required=True,
                ),
                Field(
                    "kind",
                    ("kind", "类别", "党员类别", "类型"),
                    Kind.CHOICE,
                    required=True,
                    choices=_choices(
                        MemberKind,
                        in_service=("在职", "在职党员"),
                        local=("本地", "本地党员"),
                        mobile=("流动", "流动党员"),
                    ),
                ),
                Field("skills", ("skills", "专长", "特长", "skill"), Kind.WORDS, default=()),
                Field(
                    "reports_in",
                    ("reports_in", "compound", "报到小区", "报到小区编码", "报到小区编号", "报到单位", "报到社区"),
                    Kind.UNIT,
                ),
                Field("reported_in_on", ("reported_in_on", "报到日期", "报到时间"), Kind.DAY),
            ),
            ("label",),
        ),
        Layer(
            "workers",
            "Workers",
            (
                Field(
                    "label", ("label", "网格员编号", "工号", "编号", "代号", "worker", "worker_id", "id"), required=True
                ),
                Field("unit", _UNIT, Kind.UNIT, required=True),
                Field(
                    "role",
                    ("role", "角色", "岗位", "职务"),
                    Kind.CHOICE,
                    default="worker",
                    choices=_choices(
                        AssignmentRole, worker=("网格员", "专职网格员", "兼职网格员"), head=("网格长", "长")
                    ),
                ),
                Field(
                    "since", ("since", "任职日期", "上岗日期", "上岗时间", "任职时间", "开始日期", "start"), Kind.DAY
                ),
                Field("until", ("until", "离岗日期", "离岗时间", "结束日期", "end"), Kind.DAY),
            ),
            ("label", "unit", "role"),
            Shape.POINT,
        ),
        Layer(
            "posts",
            "Posts",
            (
                Field(
                    "code",
                    ("code", "岗位编码", "岗位编号", "岗位代码", "编码", "编号", "post", "post_id"),
                    required=True,
                ),
                Field("name", (*_NAME, "岗位名称", "岗位名", "服务岗位", "岗位"), required=True),
                Field("unit", _UNIT, Kind.UNIT, required=True),
                Field("skill", ("skill", "专长", "所需专长", "技能", "所需技能", "专业要求"), required=True),
                Field("opened_on", _FROM, Kind.DAY),
                Field("closed_on", _UNTIL, Kind.DAY),
                Field("holders", ("holders", "holder", "认领党员", "在岗党员", "党员编号"), Kind.WORDS, default=()),
            ),
            ("code",),
        ),
        Layer(
            "service-points",
            "Service points",
            (
                Field("code", ("code", "阵地编码", "阵地编号", "编码", "编号"), required=True),
                Field("name", (*_NAME, "阵地名称", "服务点名称", "站点名称"), required=True),
                Field("unit", _UNIT, Kind.UNIT, required=True),
                Field("opened_on", _FROM, Kind.DAY),
                Field("closed_on", _UNTIL, Kind.DAY),
            ),
            ("code",),
            Shape.POINT,
            shape_required=True,
        ),
        Layer(
            "households",
            "Household counts",
            (
                Field(
                    "code",
                    (
                        "code",
                        "place",
                        "place_id",
                        "地点编号",
                        "编码",
                        "编号",
                        "楼栋编号",
                        "楼栋编码",
                        "楼幢编号",
                        "小区编号",
                        "户号",
                        "id",
                    ),
                    required=True,
                ),
                Field(
                    "households",
                    ("households", "户数", "住户数", "总户数", "常住户数", "居住户数", "count", "hh"),
                    Kind.NUMBER,
                    required=True,
                ),
                Field("compound", ("compound", "小区编码", "所属小区", "所属小区编码", "小区代码"), Kind.UNIT),
            ),
            ("code",),
            Shape.POINT,
            shape_required=True,
        ),
        Layer(
            "cases",
            "Cases",
            (
                Field(
                    "number",
                    (
                        "number",
                        "工单编号",
                        "工单号",
                        "事项编号",
                        "受理编号",
                        "流水号",
                        "编号",
                        "单号",
                        "case",
                        "case_id",
                        "complaint_number",
                        "unique_key",
                        "id",
                    ),
                    required=True,
                ),
                Field(
                    "kind",
                    (
                        "kind",
                        "类别",
                        "事项类别",
                        "诉求类别",
                        "事项类型",
                        "类型",
                        "问题类型",
                        "category",
                        "complaint_type",
                        "complaint_category",
                    ),
                    required=True,
                ),
                Field(
                    "reported_at",
                    (
                        "reported_at",
                        "上报时间",
                        "受理时间",
                        "来电时间",
                        "登记时间",
                        "创建时间",
                        "created_date",
                        "date_entered",
                    ),
                    Kind.MOMENT,
                    required=True,
                ),
                Field(
                    "status",
                    ("status", "状态", "办理状态", "工单状态", "事项状态"),
                    Kind.CHOICE,
                    choices=_choices(
                        CaseStatus,
                        draft=("草稿",),
                        reported=("上报", "已上报"),
                        verified=("核实", "已核实"),
                        filed=("立案", "已立案"),
                        not_filed=("不予立案",),
                        dispatched=("派遣", "已派遣", "已派单"),
                        signed=("签收", "已签收"),
                        handling=("处置", "处理中", "办理中", "处置中"),
                        paused=("暂停",),
                        returned=("退回",),
                        to_check=("待核查",),
                        followed_up=("回访", "已回访"),
                        closed=("结案", "已结案", "办结", "已办结"),
                        archived=("归档", "已归档"),
                        backlog=("挂账",),
                        withdrawn=("撤回", "已撤回"),
                    ),
                ),
                Field("unit", _UNIT, Kind.UNIT),
                Field(
                    "address",
                    ("address", "地址", "位置", "地点", "事发地址", "事发地点", "详细地址", "incident_address"),
                    default="",
                ),
                Field("words", ("words", "内容", "事项内容", "诉求内容", "描述", "description"), default=""),
                Field(
                    "source",
                    ("source", "来源", "渠道"),
                    Kind.CHOICE,
                    default="import",
                    choices=_choices(
                        CaseSource,
                        walk_in=("来访", "窗口"),
                        phone=("电话", "热线", "12345"),
                        patrol=("巡查",),
                        meeting=("院坝会",),
                        resident=("居民上报", "居民"),
                        **{"import": ("导入",)},
                    ),
                ),
                Field("due_at", ("due_at", "截止时间", "办结时限", "办理时限", "期限", "应办结时间"), Kind.MOMENT),
                Field(
                    "closed_at",
                    ("closed_at", "办结时间", "结案时间", "完成时间", "closed_date", "disposition_date"),
                    Kind.MOMENT,
                ),
                Field(
                    "closing_reason",
                    ("closing_reason", "结案原因", "办理结果"),
                    Kind.CHOICE,
                    choices=_choices(
                        ClosingReason,
                        solved=("已解决", "解决"),
                        partly_solved=("部分解决",),
                        explained=("解释说明", "已解释"),
                        cannot_be_done=("无法解决",),
                        duplicate=("重复",),
                        transferred=("移送", "转办"),
                    ),
                ),
            ),
            ("number",),
            Shape.POINT,
        ),
        Layer(
            "meetings",
            "Meetings",
            (
                Field("unit", (*_UNIT, "院坝编码", "院坝", "courtyard"), Kind.UNIT, required=True),
                Field(
                    "held_on",
                    ("held_on", "召开日期", "召开时间", "会议日期", "会议时间", "日期", "date"),
                    Kind.DAY,
                    required=True,
                ),
                Field("attendance", ("attendance", "参会人数", "到会人数", "参加人数", "人数"), Kind.NUMBER),
                Field("minutes", ("minutes", "会议纪要", "纪要", "内容"), default=""),
            ),
            ("unit", "held_on"),
        ),
    )
}


def layer(name: str) -> Layer:
    """The list with a name.

    Raises
    ------
    BadInput
    """
    if name not in LAYERS:
        raise BadInput(detail=f"There is no list {name!r} to import. The lists are: {', '.join(LAYERS)}.")
    return LAYERS[name]
