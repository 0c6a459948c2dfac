"""Who exists, by number and by LID."""

from sandbox.people import names
from sandbox.people.person import Person, PhoneSide, make_person
from sandbox.store import Store
from sandbox.wire.nodes import LID_SERVER, PHONE_SERVER, Jid
from shared.errors import ConflictError, NotFoundError

_KIND = "person"


class Directory:
    """Everybody the sandbox knows, phones and customers alike."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_number: dict[str, Person] = {}
        self._by_lid: dict[str, Person] = {}
        for _, person in store.load(_KIND, Person):
            self._index(person)

    def create(self, *, number: str | None, name: str | None, phone: PhoneSide | None) -> Person:
        """Raises ConflictError when the number is taken."""
        if number is not None and number in self._by_number:
            raise ConflictError(f"+{number} exists already")
        person = make_person(
            number=number or self._free_number(),
            lid=self._free_lid(),
            name=name or names.make_name(),
            phone=phone,
        )
        self._index(person)
        self.save(person)
        return person

    def save(self, person: Person) -> None:
        self._store.put(_KIND, person.number, person)

    def find(self, jid: Jid) -> Person | None:
        if jid.server == LID_SERVER:
            return self._by_lid.get(jid.user)
        return self._by_number.get(jid.user) if jid.server == PHONE_SERVER else None

    def find_number(self, number: str) -> Person | None:
        return self._by_number.get(number)

    def get_phone(self, number: str) -> tuple[Person, PhoneSide]:
        """Raises NotFoundError."""
        person = self._by_number.get(number)
        if person is None or person.phone is None:
            raise NotFoundError(f"no phone has the number +{number}")
        return person, person.phone

    def get_customer(self, number: str) -> Person:
        """Raises NotFoundError."""
        person = self._by_number.get(number)
        if person is None or person.phone is not None:
            raise NotFoundError(f"no customer has the number +{number}")
        return person

    def list_phones(self) -> list[Person]:
        return [person for person in self._by_number.values() if person.phone is not None]

    def list_customers(self) -> list[Person]:
        return [person for person in self._by_number.values() if person.phone is None]

    def _index(self, person: Person) -> None:
        self._by_number[person.number] = person
        self._by_lid[person.lid] = person

    def _free_number(self) -> str:
        while (number := names.make_number()) in self._by_number:
            pass
        return number

    def _free_lid(self) -> str:
        while (lid := names.make_lid()) in self._by_lid:
            pass
        return lid
