"""The matters of whoever deposits here: a folder with one card a matter, for its owner alone."""

from __future__ import annotations

from pathlib import Path

from evidence_ledger.adapters.durable_file import replace, write_new
from evidence_ledger.adapters.file_errors import input_errors, output_errors
from evidence_ledger.core.canonical import Json, decode, encode
from evidence_ledger.core.matter import LENGTH, SIZE
from evidence_ledger.core.matter_card import LARGEST, MatterCard, parse, plain_name
from evidence_ledger.errors import FormatError, OutputExists, SettingsInvalid
from evidence_ledger.ports import Entropy

_MODE = 0o600


class MatterBook:
    """The cards in a folder, which is made when the first card is."""

    def __init__(self, folder: Path, entropy: Entropy) -> None:
        self._folder = folder
        self._entropy = entropy

    def card(self, case_number: str) -> MatterCard:
        """The card of a matter; a new one, durable on return, where there is none.

        Raises FormatError for what is no case number, OutputUnwritable, FileUnreadable,
        SettingsInvalid.
        """
        held = self.find(case_number)
        if held is not None:
            return held
        card = MatterCard(plain_name(case_number), self._entropy.take(SIZE))
        try:
            self.add(card)
        except OutputExists:
            # Another program was first: its card is the matter's.
            return self._read(self._place(card))
        return card

    def find(self, case_number: str) -> MatterCard | None:
        """The card of a matter, if there is one. Raises FileUnreadable, SettingsInvalid."""
        name = plain_name(case_number)
        return next((one for one in self.cards() if one.case_number == name), None)

    def cards(self) -> list[MatterCard]:
        """All cards, by case number. Raises FileUnreadable, SettingsInvalid."""
        with input_errors(self._folder):
            held = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        return sorted(map(self._read, held), key=lambda card: card.case_number)

    def add(self, card: MatterCard) -> None:
        """Keep a card that somebody handed over. Raises OutputExists, OutputUnwritable."""
        with output_errors(self._folder):
            self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        write_new(self._place(card), card.encode(), mode=_MODE)

    def reached(self, card: MatterCard, ledger: str) -> int:
        """The number of the matter's next entry in a ledger that is served elsewhere, as far as
        this machine knows: there may be more. Raises FileUnreadable.
        """
        number = self._all_reached(card).get(ledger)
        return number if isinstance(number, int) and 0 <= number <= LENGTH else 0

    def note_reached(self, card: MatterCard, ledger: str, number: int) -> None:
        """Remember it; nothing but time is lost with it.

        Raises FileUnreadable, OutputUnwritable.
        """
        held = self._all_reached(card) | {ledger: number}
        replace(self._folder / f"{card.label}.reached", encode(held), mode=_MODE)

    def _all_reached(self, card: MatterCard) -> dict[str, Json]:
        path = self._folder / f"{card.label}.reached"
        with input_errors(path):
            data = path.read_bytes() if path.exists() else b"{}"
        try:
            held = decode(data, what="reached", limit=LARGEST)
        except FormatError:
            return {}
        return held if isinstance(held, dict) else {}

    def _place(self, card: MatterCard) -> Path:
        return self._folder / f"{card.label}.json"

    def _read(self, path: Path) -> MatterCard:
        try:
            return read_card(path)
        except FormatError as error:
            raise SettingsInvalid(
                f"A matter's card can't be used: {error}", where=str(path)
            ) from error


def read_card(path: Path) -> MatterCard:
    """The card in a file. Raises FileUnreadable, FormatError."""
    with input_errors(path), path.open("rb") as file:
        return parse(file.read(LARGEST + 1))


def write_card(path: Path, card: MatterCard) -> None:
    """Write a card to a new file that only its owner can read.

    Raises OutputExists, OutputUnwritable.
    """
    write_new(path, card.encode(), mode=_MODE)
