"""A unit as other services are told of it."""

from services.issuer.directory.changes import UnitAggregate
from shared.events import DirectoryChangedData
from shared.values import DutyListed, GroupListed, PersonListed, PostHeld


def listed(aggregate: UnitAggregate, revision: int) -> DirectoryChangedData:
    """The unit with its people, offices held, groups and duties, in the form of the event contract."""
    unit = aggregate.unit
    return DirectoryChangedData(
        unit=unit.id,
        revision=revision,
        institution=aggregate.institution.id,
        parent=unit.parent,
        kind=unit.kind,
        name_km=unit.name_km,
        name_en=unit.name_en,
        until=unit.until,
        people=_people(aggregate),
        posts=_posts(aggregate),
        groups=_groups(aggregate),
        duties=_duties(aggregate),
    )


def _people(aggregate: UnitAggregate) -> tuple[PersonListed, ...]:
    return tuple(
        PersonListed(
            person=person.id,
            name_km=f"{person.honorific_km} {person.name_km}".strip(),
            name_latin=person.name_latin,
            position_km=person.position_km,
            position_en=person.position_en,
            until=person.until,
        )
        for person in aggregate.people
    )


def _posts(aggregate: UnitAggregate) -> tuple[PostHeld, ...]:
    offices = {office.id: office for office in aggregate.offices}
    return tuple(
        PostHeld(
            person=post.person,
            office=post.office,
            name_km=offices[post.office].name_km,
            name_en=offices[post.office].name_en,
            leadership=offices[post.office].leadership,
            since=post.since,
            until=post.until,
        )
        for post in aggregate.posts
    )


def _groups(aggregate: UnitAggregate) -> tuple[GroupListed, ...]:
    return tuple(
        GroupListed(kind=group.kind.value, technology=group.technology.value, chat=group.chat_id, name=group.name)
        for group in aggregate.groups
    )


def _duties(aggregate: UnitAggregate) -> tuple[DutyListed, ...]:
    return tuple(
        DutyListed(
            duty=duty.id,
            number=duty.number,
            title_km=duty.title_km,
            title_en=duty.title_en,
            article=f"{duty.document}, {duty.article_km}",
        )
        for duty in aggregate.duties
    )
