"""Named errors. Each has a stable code, a sentence with named blanks, and the values that fill them.

No HTTP status and no translated text here: ``web`` maps the families to statuses, ``cli`` to exit codes,
and both translate :attr:`GridmapError.sentence` before filling it in.
"""

from __future__ import annotations

from typing import ClassVar


class GridmapError(Exception):
    """Root of every error that gridmap raises on purpose.

    Subclasses set ``sentence``: English, ending in what to do about it, with ``{named}`` blanks that the
    keyword arguments of the constructor fill.
    """

    sentence: ClassVar[str] = "Something went wrong: {detail}"
    exit_code: ClassVar[int] = 1

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.sentence.format(**params))

    @property
    def code(self) -> str:
        """Stable name of the error, for programs: the class name."""
        return type(self).__name__


# --- families -------------------------------------------------------------------------------------------


class BadInput(GridmapError):
    """What was given cannot be used as it is (exit 2, HTTP 400)."""

    sentence = "{detail}"
    exit_code = 2


class Refused(GridmapError):
    """The request is understood and not carried out (exit 1, HTTP 409)."""

    sentence = "{detail}"


class Forbidden(Refused):
    """The actor may not do this here (HTTP 403)."""

    sentence = "You may not do this: {detail}"


class NotFound(BadInput):
    """What was asked for does not exist, or lies outside the actor's scope (HTTP 404)."""

    sentence = "There is no {what} {key!r}."


class Unavailable(GridmapError):
    """Something the program needs is missing or down (HTTP 503)."""

    sentence = "{detail}"


class InvariantBroken(GridmapError):
    """A computation contradicts itself; the result is withheld (HTTP 500). Always a bug or corrupt data."""

    sentence = "{detail}"


# --- files and coordinates ------------------------------------------------------------------------------


class FileMissing(BadInput):
    sentence = "The file {path} does not exist."


class FileUnreadable(BadInput):
    sentence = "The file {path} cannot be read: {detail}"


class FormatUnknown(BadInput):
    sentence = "The format of {path} is not one that gridmap reads. It reads: {formats}."


class CrsMissing(BadInput):
    sentence = (
        "{path} does not say which coordinate system it uses, so gridmap does not guess. "
        "State it with --crs. Likely: {candidates}."
    )


class CrsUnknown(BadInput):
    sentence = "The coordinate system {crs!r} is not known. Give an EPSG number, gcj02 or bd09."


class CrsUnusable(BadInput):
    sentence = "The coordinate system {crs} cannot be used: {detail}"


class ColumnMissing(BadInput):
    sentence = "{path} has no column {column!r}. Its columns are: {columns}."


class GeometryUnusable(BadInput):
    sentence = "Row {row} ({name}): {detail}"


class GroundTooWide(BadInput):
    sentence = (
        "The ground is {kilometres:.0f} km wide; at most {allowed} km are audited at a time. "
        "Check the coordinate system, or audit it in parts."
    )


class ParentsMissing(BadInput):
    sentence = (
        "{count} parents are not in the column {column} of {path}: {parents}. Add their polygons, or correct the names."
    )


class FileUnwritable(BadInput):
    sentence = "The file {path} cannot be written: {detail}"


class NothingToRead(BadInput):
    sentence = "{path} holds no {what}."


class FileTooHard(BadInput):
    """Reading was stopped at a limit. ``limit`` is a Message; ``setting`` the variable that raises it."""

    sentence = (
        "Reading {path} takes more than {limit}, so it was stopped and nothing was loaded. "
        "Split the file or simplify its outlines; an administrator can raise {setting}."
    )


class FileDamaged(BadInput):
    """The reader broke off in a way that is no named error: a defect that nobody foresaw."""

    sentence = "The file {path} is damaged: reading it broke off ({detail}). Export it again, or in another format."


class FileHostile(FileUnreadable):
    """The file would reach outside itself or swell without bound. ``reason`` is a Message."""

    sentence = "The file {path} is refused: {reason}"


class ShiftSuspected(BadInput):
    """A question with figures: the file seems to carry a map vendor's shift that it does not declare."""

    sentence = (
        "The coordinates of {path} lie {before_m:.0f} m from the boundaries already loaded, and {after_m:.0f} m once "
        "read as {kind} ({pairs} shapes compared). Say which is right: --crs {kind}, or --crs {stated} to keep them."
    )


class EncodingUnsure(BadInput):
    """A question: several encodings read the text. ``candidates``: (encoding, samples) each, likeliest first."""

    sentence = "The text of {path} can be read in several ways, and only one is right: {shown}. Say which: --encoding."


class SheetUnsure(BadInput):
    """A question: several sheets of a workbook have rows. ``options``: (name, samples) each."""

    sentence = "{path} has several sheets with rows: {sheets}. Say which: --sheet."


class HeaderUnsure(BadInput):
    """A question: no row looks like the names of the columns. ``options``: (row number, sample) each."""

    sentence = "It cannot be told which row of {path} holds the names of the columns. Say which: --header-row."


class AxesSwapped(BadInput):
    """Latitude stands where longitude belongs, or northing where easting does."""

    sentence = (
        "In {path} the two coordinates stand in the wrong order for {system}. "
        "Read it with the axes exchanged: --crs {choice}."
    )


class ControlPointsUnusable(BadInput):
    sentence = "The control points {path} cannot be used: {detail}"


class NothingToDraw(BadInput):
    sentence = "{unit} had no boundary on {day}; there is no map to draw. Choose the unit above it."


# --- units, lenses, parameters --------------------------------------------------------------------------


class CodeInvalid(BadInput):
    sentence = "{code!r} is not a unit code: {detail}"


class LensUnknown(BadInput):
    sentence = "There is no lens {name!r}. The lenses are: {known}."


class ParameterOutOfBounds(BadInput):
    sentence = "{name} must lie between {low} and {high}; {value} was given."


class LedgerUnbalanced(InvariantBroken):
    sentence = (
        "The area ledger does not balance by {error_m2:.4f} m² (allowed {allowed_m2:.4f} m²); "
        "the audit is withheld rather than shown wrong."
    )


# --- plans ----------------------------------------------------------------------------------------------


class OperationInvalid(BadInput):
    sentence = "This is no {kind} operation: {detail}"


class OperationRefused(Refused):
    """A precondition of a redrawing operation fails. ``detail`` is a Message: what, where, what to do instead."""

    sentence = "{detail}"


class LayoutMoved(Refused):
    sentence = "{code} is no longer what this change started from. Load the draft again."


class PlanMoved(Refused):
    sentence = "The draft has moved on to version {version} (you had {known}): {who} changed it. Look, and try again."


class PlanState(Refused):
    sentence = "The plan is {state}; {act} is for plans that are {wanted}."


class PlanBroken(Refused):
    sentence = "The plan cannot be adopted while {count} invariants are broken: {first}"


# --- cases ----------------------------------------------------------------------------------------------


class CaseMoved(Refused):
    sentence = "Case {number} has moved on: {who} ({what}). Look at it as it is now, and try again."


class MoveIllegal(Refused):
    """A move that the table of moves does not allow. ``detail`` is a Message: why not."""

    sentence = "Case {number}: {detail}"


class MoveIncomplete(BadInput):
    sentence = "To {move} a case, say also: {missing}."


class KindUnknown(BadInput):
    sentence = "There is no kind of case {kind!r}. The kinds are: {known}."


class PhotoUnusable(BadInput):
    """``detail`` is a Message."""

    sentence = "The photo cannot be used: {detail}"


class FollowCodeUnknown(NotFound):
    sentence = "No case has this code. Check the letters; they are on the page that was shown after reporting."


class AlreadyJudged(Refused):
    sentence = "Thank you: your answer on this case was taken before, and counts once."


class KeyReused(Refused):
    sentence = "This key was used for another request. Make a new key for each request."


# --- scope and database ---------------------------------------------------------------------------------


class OutsideScope(Forbidden):
    sentence = "{code} lies outside your area ({scope})."


class PermissionMissing(Forbidden):
    sentence = "Your role ({role}) does not include: {permission}."


class NotADemo(Refused):
    sentence = (
        "The database holds the county {code}, which is not the demo county; the demo does not touch it. "
        "Point GRIDMAP_DATABASE_URL or GRIDMAP_HOME at an empty place."
    )


class DemoOutdated(Refused):
    sentence = (
        "The database holds version {found} of the demo county; this gridmap makes version {wanted}. "
        "Run: gridmap db reset"
    )


class ImportHasProblems(Refused):
    sentence = "{count} problems in {path}; nothing was written. Correct them and import the file again."


class UploadTooLarge(BadInput):
    sentence = (
        "{path} is larger than {largest} MB, the most that is taken here. Split it, or import it with: gridmap import"
    )


class CodesUndecided(Refused):
    """A code list may not be written: what became of some of its codes is open."""

    sentence = "What became of {count} codes of {path} is still to be decided; nothing was written."


class ImportStale(Refused):
    sentence = "The database changed since {path} was rehearsed. Rehearse it again, look, and then commit."


class ImportStandsUnder(Refused):
    """An import cannot be taken back. ``detail`` is a Message: what stands on it."""

    sentence = "This import cannot be undone: {detail}"


class DataFolderVersion(Refused):
    sentence = (
        "The data folder {path} was made by PostgreSQL {found}; this machine has {available}. "
        "Install PostgreSQL {found}, or dump and restore: see docs/operations.md."
    )


class DatabaseVersion(Refused):
    sentence = (
        "Another version of gridmap made this database (its tables are {found}). Use that version, or begin anew: "
        "gridmap db backup FILE, then gridmap db reset."
    )


class ServerUnavailable(Unavailable):
    sentence = "The database cannot be reached: {detail}"


class ProgramMissing(Unavailable):
    sentence = "{program} is not installed. {cure}"


# --- accounts -------------------------------------------------------------------------------------------


class SignInFailed(Forbidden):
    sentence = "The e-mail address and the password do not match, or the account is closed."


class AccountLocked(Forbidden):
    sentence = "Too many failed sign-ins. Try again in {minutes} minutes, or ask an administrator to unlock it."


class PasswordTooWeak(BadInput):
    sentence = "Choose another password: at least {least} characters, not a well-known one, not your name."


class EmailTaken(BadInput):
    sentence = "There is already an account for {email}."


class EmailInvalid(BadInput):
    sentence = "{email!r} is not an e-mail address."
