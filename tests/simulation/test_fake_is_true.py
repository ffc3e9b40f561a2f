"""The DynamoDB in memory answers as the emulator does: one suite, both clients."""

import re
import secrets

import pytest

from handler.adapters.aws import Connect
from tests.simulation.outside import SimulatedClock
from tests.simulation.trial_table import (
    ABSENT,
    ADD,
    DEFINITION,
    Db,
    code,
    due,
    in_memory,
    item,
    one,
    refusal,
)


@pytest.fixture(params=["memory", "emulator"])
def db(request: pytest.FixtureRequest) -> Db:
    if request.param == "memory":
        return in_memory(SimulatedClock())
    connect: Connect = request.getfixturevalue("connect")
    return Db.over(connect("dynamodb"))


class TestPut:
    def test_it_is_read_back(self, db: Db) -> None:
        whole = item("x", 7, list={"L": [{"M": {"a": {"S": "b"}}}]})
        db.api.put_item(**db.put(whole))
        assert db.get("x") == whole
        assert db.get("y") is None

    def test_it_replaces_the_whole_item(self, db: Db) -> None:
        db.api.put_item(**db.put(item("x", 7)))
        db.api.put_item(**db.put(item("x")))
        assert db.get("x") == item("x")

    def test_only_where_nothing_is(self, db: Db) -> None:
        db.api.put_item(**db.put(item("x", 1), **ABSENT))
        again = db.put(item("x", 2), **ABSENT)
        assert code(lambda: db.api.put_item(**again)) == "ConditionalCheckFailedException"
        assert db.get("x") == item("x", 1)

    def test_a_table_is_created_once(self, db: Db) -> None:
        refused = code(lambda: db.api.create_table(TableName=db.table, **DEFINITION))
        assert refused == "ResourceInUseException"

    def test_an_index_key_has_its_type(self, db: Db) -> None:
        wrong = db.put(item("x", shard={"S": "a"}, due={"S": "soon"}))
        assert code(lambda: db.api.put_item(**wrong)) == "ValidationException"


class TestUpdate:
    def test_it_adds_and_returns_what_is_new(self, db: Db) -> None:
        db.api.put_item(**db.put(item("x", 41)))
        change = db.change("x", ADD, Names={"#n": "n"}, Values=one(), ReturnValues="ALL_NEW")
        assert db.api.update_item(**change)["Attributes"] == item("x", 42)

    def test_it_subtracts_below_zero(self, db: Db) -> None:
        db.api.put_item(**db.put(item("x", 0)))
        change = db.change("x", "SET #n = #n - :one", Names={"#n": "n"}, Values=one())
        db.api.update_item(**change)
        assert db.get("x") == item("x", -1)

    def test_it_creates_what_is_not_there(self, db: Db) -> None:
        change = db.change("x", "SET #n = :one", Names={"#n": "n"}, Values=one())
        db.api.update_item(**change)
        assert db.get("x") == item("x", 1)

    def test_it_removes_what_is_there_and_what_is_not(self, db: Db) -> None:
        db.api.put_item(**db.put(item("x", 1)))
        names = {"#n": "n", "#m": "m"}
        db.api.update_item(**db.change("x", "REMOVE #n, #m", Names=names))
        assert db.get("x") == item("x")

    def test_it_reads_the_item_before_it(self, db: Db) -> None:
        db.api.put_item(**db.put(item("x", 1)))
        names = {"#n": "n", "#m": "m"}
        change = db.change("x", "SET #n = #n + :one, #m = #n", Names=names, Values=one())
        db.api.update_item(**change)
        assert db.get("x") == item("x", 2, m={"N": "1"})

    def test_arithmetic_on_what_is_not_there_is_refused(self, db: Db) -> None:
        db.api.put_item(**db.put(item("x")))
        change = db.change("x", ADD, Names={"#n": "n"}, Values=one())
        assert code(lambda: db.api.update_item(**change)) == "ValidationException"
        assert db.get("x") == item("x")

    def test_a_key_cannot_be_changed(self, db: Db) -> None:
        change = db.change("x", "SET #pk = :new", Names={"#pk": "pk"}, Values={":new": {"S": "y"}})
        assert code(lambda: db.api.update_item(**change)) == "ValidationException"

    def test_a_failed_condition_shows_what_is_there(self, db: Db) -> None:
        db.api.put_item(**db.put(item("x", 1)))
        change = db.change(
            "x",
            ADD,
            ConditionExpression="#n > :one",
            Names={"#n": "n"},
            Values=one(),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        refused = refusal(lambda: db.api.update_item(**change))
        assert refused["Error"]["Code"] == "ConditionalCheckFailedException"
        assert refused["Item"] == item("x", 1)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("#n = :nine", False),
        ("#n <= :nine", False),
        ("#n < :nine", False),
        ("#n > :nine", True),
        ("#n >= :nine", True),
        ("#n <> :nine", True),
        ("#s = :nine", False),
        ("#s < :nine", False),
        ("#s > :nine", False),
        ("#none = :nine", False),
        ("#none < :nine", False),
        ("attribute_exists(#s) AND #n > :nine", True),
        ("attribute_not_exists(#none) AND #n > :nine", True),
        ("attribute_not_exists(#n) OR #n > :nine", True),
        ("#n > :nine OR #n < :nine AND #n < :nine", True),
        ("(#n > :nine OR #n < :nine) AND #n < :nine", False),
    ],
)
def test_conditions(db: Db, condition: str, *, holds: bool) -> None:
    """Numbers are compared as such, not as text; a type never equals another."""
    db.api.put_item(**db.put(item("x", 10, s={"S": "9"})))
    names = {"#n": "n", "#s": "s", "#none": "none", "#m": "m"}
    used = {name: names[name] for name in re.findall(r"#\w+", f"{condition} #m")}
    change = db.change(
        "x",
        "SET #m = :nine",
        ConditionExpression=condition,
        Names=used,
        Values={":nine": {"N": "9"}},
    )
    if holds:
        db.api.update_item(**change)
    else:
        assert code(lambda: db.api.update_item(**change)) == "ConditionalCheckFailedException"
    assert ("m" in (db.get("x") or {})) is holds


class TestTransaction:
    def test_all_of_it(self, db: Db) -> None:
        db.api.put_item(**db.put(item("y", 1)))
        add = db.change("y", ADD, Names={"#n": "n"}, Values=one())
        db.transact(("Put", db.put(item("x"), **ABSENT)), ("Update", add))
        assert (db.get("x"), db.get("y")) == (item("x"), item("y", 2))

    def test_or_nothing_with_reasons_and_old_items(self, db: Db) -> None:
        db.api.put_item(**db.put(item("x", 5)))
        shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        add = db.change(
            "y", ADD, ConditionExpression="#n > :one", Names={"#n": "n"}, Values=one(), **shown
        )
        refused = refusal(
            lambda: db.transact(
                ("Put", db.put(item("z"))),
                ("Put", db.put(item("x"), **ABSENT, **shown)),
                ("Update", add),
            )
        )
        assert refused["Error"]["Code"] == "TransactionCanceledException"
        reasons = refused["CancellationReasons"]
        failed = "ConditionalCheckFailed"
        assert [reason["Code"] for reason in reasons] == ["None", failed, failed]
        assert [reason.get("Item") for reason in reasons] == [None, item("x", 5), None]
        assert db.get("z") is None

    def test_old_items_only_where_asked_for(self, db: Db) -> None:
        db.api.put_item(**db.put(item("x", 5)))
        refused = refusal(lambda: db.transact(("Put", db.put(item("x"), **ABSENT))))
        assert "Item" not in refused["CancellationReasons"][0]

    def test_a_token_counts_once(self, db: Db) -> None:
        db.api.put_item(**db.put(item("y", 1)))
        add = db.change("y", ADD, Names={"#n": "n"}, Values=one())
        token = secrets.token_hex(16)
        for _ in range(3):
            db.transact(("Update", add), ClientRequestToken=token)
        assert db.get("y") == item("y", 2)

    def test_a_token_stands_for_one_request(self, db: Db) -> None:
        token = secrets.token_hex(16)
        db.transact(("Put", db.put(item("x", 1))), ClientRequestToken=token)
        other = ("Put", db.put(item("x", 2)))
        refused = code(lambda: db.transact(other, ClientRequestToken=token))
        assert refused == "IdempotentParameterMismatchException"
        assert db.get("x") == item("x", 1)

    def test_a_token_of_what_was_canceled_is_free(self, db: Db) -> None:
        db.api.put_item(**db.put(item("y", 1)))
        add = db.change("y", ADD, ConditionExpression="#n > :one", Names={"#n": "n"}, Values=one())
        token = secrets.token_hex(16)
        refusal(lambda: db.transact(("Update", add), ClientRequestToken=token))
        db.api.put_item(**db.put(item("y", 2)))
        db.transact(("Update", add), ClientRequestToken=token)
        assert db.get("y") == item("y", 3)

    def test_one_item_twice_is_refused(self, db: Db) -> None:
        twice = [("Put", db.put(item("x", n))) for n in (1, 2)]
        assert code(lambda: db.transact(*twice)) == "ValidationException"
        assert db.get("x") is None


def test_a_token_is_forgotten_after_ten_minutes() -> None:
    clock = SimulatedClock()
    db = in_memory(clock)
    db.api.put_item(**db.put(item("y", 1)))
    add = db.change("y", ADD, Names={"#n": "n"}, Values=one())
    for seconds in (0, 599, 1):
        clock.sleep(seconds)
        db.transact(("Update", add), ClientRequestToken="token")
    assert db.get("y") == item("y", 3)


def test_one_attribute_cannot_be_set_twice() -> None:
    """So does DynamoDB; the emulator lets it pass."""
    db = in_memory(SimulatedClock())
    change = db.change("x", "SET #n = :one, #n = :one", Names={"#n": "n"}, Values=one())
    assert code(lambda: db.api.update_item(**change)) == "ValidationException"


class TestPlaceholders:
    def test_an_unused_name_is_refused(self, db: Db) -> None:
        change = db.change("x", "SET #n = :one", Names={"#n": "n", "#m": "m"}, Values=one())
        assert code(lambda: db.api.update_item(**change)) == "ValidationException"

    def test_an_unused_value_is_refused(self, db: Db) -> None:
        values = {**one(), ":two": {"N": "2"}}
        change = db.change("x", "SET #n = :one", Names={"#n": "n"}, Values=values)
        assert code(lambda: db.api.update_item(**change)) == "ValidationException"

    def test_an_undefined_name_is_refused(self, db: Db) -> None:
        change = db.change("x", "SET #n = :one", Values=one())
        assert code(lambda: db.api.update_item(**change)) == "ValidationException"

    def test_an_undefined_value_is_refused(self, db: Db) -> None:
        change = db.change("x", "SET #n = :one", Names={"#n": "n"})
        assert code(lambda: db.api.update_item(**change)) == "ValidationException"

    def test_an_unused_one_in_a_transaction_is_refused(self, db: Db) -> None:
        change = db.change("x", "SET #n = :one", Names={"#n": "n", "#m": "m"}, Values=one())
        assert code(lambda: db.transact(("Update", change))) == "ValidationException"


class TestIndex:
    def test_it_gives_keys_in_order(self, db: Db) -> None:
        for pk, shard, at in (("x", "a", 30), ("y", "a", 9), ("z", "a", 51), ("w", "b", 1)):
            db.api.put_item(**db.put(due(pk, shard, at)))
        found = db.query()["Items"]
        assert [each["pk"]["S"] for each in found] == ["y", "x"]
        assert found[0].keys() == {"pk", "shard", "due"}

    def test_it_holds_only_what_has_its_attributes(self, db: Db) -> None:
        db.api.put_item(**db.put(due("x", "a", 1)))
        db.api.put_item(**db.put(item("y", shard={"S": "a"})))
        names = {"#shard": "shard", "#due": "due"}
        db.api.update_item(**db.change("x", "REMOVE #shard, #due", Names=names))
        assert db.query()["Items"] == []

    def test_it_follows_a_transaction(self, db: Db) -> None:
        db.api.put_item(**db.put(due("x", "a", 1)))
        later = db.change("x", "SET #due = :at", Names={"#due": "due"}, Values={":at": {"N": "2"}})
        db.transact(("Update", later), ("Put", db.put(due("y", "a", 1))))
        assert [each["pk"]["S"] for each in db.query()["Items"]] == ["y", "x"]

    def test_it_comes_in_pages(self, db: Db) -> None:
        for number in range(5):
            db.api.put_item(**db.put(due(f"x{number}", "a", number)))
        first = db.query(Limit=3)
        rest = db.query(ExclusiveStartKey=first["LastEvaluatedKey"])
        pages = [[each["pk"]["S"] for each in page["Items"]] for page in (first, rest)]
        assert pages == [["x0", "x1", "x2"], ["x3", "x4"]]
        assert "LastEvaluatedKey" not in rest

    def test_backwards(self, db: Db) -> None:
        for number in range(3):
            db.api.put_item(**db.put(due(f"x{number}", "a", number)))
        found = db.query(ScanIndexForward=False)["Items"]
        assert [each["pk"]["S"] for each in found] == ["x2", "x1", "x0"]


def test_a_scan_gives_everything(db: Db) -> None:
    for pk in "xyz":
        db.api.put_item(**db.put(item(pk, 1)))
    found = db.api.scan(TableName=db.table, ConsistentRead=True)["Items"]
    assert sorted(each["pk"]["S"] for each in found) == ["x", "y", "z"]
