"""Who is who in a ministry: institutions, units, offices held, people, duties and groups.

Administrators keep it as CSV files, one folder per institution. ``read`` turns a folder into a ``Directory`` or
tells all that is wrong with it; ``changes`` says which units a new ``Directory`` alters.
"""

from services.issuer.directory.changes import PARTS, Part, UnitAggregate, UnitChange, aggregate, changes
from services.issuer.directory.checks import LEADERSHIP_CATEGORIES
from services.issuer.directory.errors import Code, DirectoryErrors, FieldError, Language
from services.issuer.directory.files import read
from services.issuer.directory.model import Directory, NotInDirectory
from services.issuer.directory.values import (
    ISSUING_KINDS,
    Duty,
    Group,
    GroupKind,
    Institution,
    InstitutionKind,
    Office,
    Person,
    Post,
    Right,
    Sex,
    Technology,
    Unit,
    UnitKind,
    holds,
)

__all__ = [
    "ISSUING_KINDS",
    "LEADERSHIP_CATEGORIES",
    "PARTS",
    "Code",
    "Directory",
    "DirectoryErrors",
    "Duty",
    "FieldError",
    "Group",
    "GroupKind",
    "Institution",
    "InstitutionKind",
    "Language",
    "NotInDirectory",
    "Office",
    "Part",
    "Person",
    "Post",
    "Right",
    "Sex",
    "Technology",
    "Unit",
    "UnitAggregate",
    "UnitChange",
    "UnitKind",
    "aggregate",
    "changes",
    "holds",
    "read",
]
