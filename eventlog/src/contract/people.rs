//! What every log must do about people: their data come back until they are erased, and then never again.

use letopis_domain::activity::{ActivityText, NoteRecorded, Subjects};
use letopis_domain::ids::SubjectId;
use letopis_domain::lead::{LeadDetails, LeadReceived};
use letopis_domain::privacy::{DataSubjects, ErasureGround, PersonalDataErased};
use letopis_domain::query::Tag;
use letopis_domain::values::{Personal, Phone};

use super::*;

pub(crate) fn subject(number: u128) -> SubjectId {
    SubjectId(Uuid::from_u128(0x5000 + number))
}

/// A lead with a name and a phone number, about one person.
pub(crate) fn received(lead_number: u128, subject_number: u128, phone: &str) -> Event {
    let details = LeadDetails {
        name: Some(format!("Name of {subject_number}").as_str().into()),
        phones: vec![phone.into()],
        ..LeadDetails::default()
    };
    LeadReceived { personal: Personal::with_attributes(details, [].into()), ..nameless(lead_number, subject_number) }
        .into()
}

/// A lead about whom nothing is said.
fn nameless(lead_number: u128, subject_number: u128) -> LeadReceived {
    LeadReceived {
        lead: lead(lead_number),
        subject: subject(subject_number),
        source: None,
        channel: None,
        campaign: None,
        owner: None,
        amount: None,
        attributes_version: 0,
        personal: Personal::default(),
    }
}

/// A note about several people.
pub(crate) fn note(subjects: &[u128], text: &str) -> Event {
    NoteRecorded {
        activity: Uuid::from_u128(1).into(),
        subjects: Subjects { lead: Some(lead(1)), ..Subjects::default() },
        employee: None,
        kind: None,
        direction: letopis_domain::activity::Direction::Internal,
        data_subjects: subjects.iter().map(|number| subject(*number)).collect(),
        personal: Personal::Known(ActivityText { body: Some(text.into()), ..ActivityText::default() }),
    }
    .into()
}

pub(crate) fn erased(subjects: &[u128]) -> Event {
    let erased: DataSubjects = subjects.iter().map(|number| subject(*number)).collect();
    PersonalDataErased {
        subject: erased.as_slice()[0],
        erased,
        ground: ErasureGround::ConsentWithdrawn,
        reference: None,
        employee: None,
    }
    .into()
}

pub(crate) fn lookup(phone: &str) -> Tag {
    Phone::from(phone).lookup().unwrap()
}

fn by_phone(phone: &str) -> Query {
    Query::default().or_item(&[], vec![lookup(phone)])
}

fn known(log: &dyn Log, position: u64) -> bool {
    !log.get(Position(position)).unwrap().unwrap().event.is_erased()
}

fn refused_for(log: &dyn Log, events: impl IntoIterator<Item = Event>) -> SubjectId {
    match append(log, request(events)) {
        Err(AppendError::Erased { subject }) => subject,
        answer => panic!("{answer:?}"),
    }
}

pub(crate) fn what_is_about_a_person_is_gone_with_them_and_nothing_else(fixture: &Fixture) {
    let log = &*fixture.log;
    let events = [received(1, 1, "+31 20 555 01 01"), note(&[1, 2], "both"), note(&[2], "two"), qualified(1, 1)];
    fixture.append_each(events.clone());
    for (position, event) in (1..).zip(&events) {
        assert_eq!(log.get(Position(position)).unwrap().unwrap().event, *event);
    }
    append(log, request([erased(&[1])])).unwrap();
    let after: Vec<bool> = (1..=5).map(|position| known(log, position)).collect();
    assert_eq!(after, [false, false, true, true, true]);
    let mut expected = events.to_vec();
    expected[0].erase();
    expected[1].erase();
    expected.push(erased(&[1]));
    let read = log.read(&Query::all(), Range::ALL).unwrap();
    assert_eq!(read.iter().map(|event| event.event.clone()).collect::<Vec<_>>(), expected);
    let by_lead = log.read(&Query::about(&lead(1), &[]), Range::ALL).unwrap();
    assert_eq!(by_lead.len(), 4, "it is found by what it says about others");
    let mut scanned = Vec::new();
    log.scan(Position::START, Position::END, &mut |event| {
        scanned.push(event.event);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(scanned, expected);
}

pub(crate) fn nothing_personal_is_taken_about_someone_erased(fixture: &Fixture) {
    let log = &*fixture.log;
    fixture.append_each([received(1, 1, "+31 20 555 01 01"), erased(&[1, 3])]);
    assert_eq!(refused_for(log, [received(2, 1, "+31 20 555 01 02")]), subject(1));
    assert_eq!(refused_for(log, [note(&[2, 3], "both")]), subject(3), "also of someone of whom nothing was known");
    assert_eq!(refused_for(log, [qualified(1, 1), note(&[3, 1], "both")]), subject(1));
    assert_eq!(log.head(), Position(2), "nothing of it was appended");
    // What says nothing about them is taken, and they can be erased again.
    let about_others = [nameless(1, 1).into(), qualified(1, 1), note(&[2], "two"), erased(&[1])];
    assert_eq!(append(log, request(about_others)).unwrap().last, Position(6));
    assert!(known(log, 3));
}

pub(crate) fn an_erasure_counts_within_its_own_append(fixture: &Fixture) {
    let log = &*fixture.log;
    append(log, request([received(1, 1, "+31 20 555 01 01"), erased(&[1]), qualified(1, 1)])).unwrap();
    assert!(!known(log, 1));
    assert_eq!(refused_for(log, [erased(&[2]), note(&[2], "two")]), subject(2));
    append(log, request([note(&[2], "two")])).unwrap();
    assert!(known(log, 4), "what was not appended erases nobody");
}

pub(crate) fn a_look_up_finds_until_its_person_is_erased(fixture: &Fixture) {
    let log = &*fixture.log;
    let (one, two) = ("+31 20 555 01 01", "+31 20 555 01 02");
    fixture.append_each([received(1, 1, one), received(2, 2, two), received(3, 1, two), received(4, 3, one)]);
    let found = |phone| positions(log, &by_phone(phone), Range::ALL);
    assert_eq!((found(one), found(two), found("+31 20 555 01 03")), (vec![1, 4], vec![2, 3], vec![]));
    let with_lead = Query::default().or_item(&[EventType::LeadReceived], vec![lookup(two), lead_tag(3)]);
    assert_eq!(positions(log, &with_lead, Range::ALL), [3]);
    let backward = Range { direction: Direction::Backward, limit: 1, ..Range::ALL };
    assert_eq!(positions(log, &by_phone(one).or(&lead(2), &[]), backward), [4]);
    assert!(log.knows_tag(&lookup(one)).unwrap());
    assert!(log.get(Position(1)).unwrap().unwrap().event.tags().as_slice().iter().all(|tag| !tag.is_lookup()));
    append(log, request([erased(&[1])])).unwrap();
    assert_eq!((found(one), found(two)), (vec![4], vec![2]));
    append(log, request([erased(&[3])])).unwrap();
    assert!(!log.knows_tag(&lookup(one)).unwrap());
}

pub(crate) fn a_look_up_guards_a_value_and_erasure_frees_it(fixture: &Fixture) {
    let log = &*fixture.log;
    let phone = "+31 20 555 01 01";
    let alone = |subject_number| AppendRequest {
        condition: AppendCondition { fail_if_events_match: by_phone(phone), after: Position::START },
        ..request([received(1, subject_number, phone)])
    };
    append(log, alone(1)).unwrap();
    let answer = append(log, alone(2)).unwrap_err();
    let AppendError::Conflict(clash) = answer else { panic!("{answer}") };
    assert_eq!((clash.found.position, clash.item), (Position(1), by_phone(phone).items[0].clone()));
    append(log, request([erased(&[1])])).unwrap();
    append(log, alone(2)).unwrap();
    let answer = append(log, alone(3));
    assert!(matches!(&answer, Err(AppendError::Conflict(clash)) if clash.found.position == Position(3)), "{answer:?}");
}

pub(crate) fn a_request_about_someone_erased_is_still_known(fixture: &Fixture) {
    let log = &*fixture.log;
    let once = |digest| unconditional(vec![keyed("one", digest, [received(1, 1, "+31 20 555 01 01")])]);
    let first = append(log, once(1)).unwrap();
    append(log, request([erased(&[1])])).unwrap();
    assert!(matches!(append(log, once(1)), Err(AppendError::Repeated(found)) if found == first));
    assert!(matches!(append(log, once(2)), Err(AppendError::RequestIdReused { .. })));
}

pub(crate) fn personal_data_of_nobody_are_malformed(fixture: &Fixture) {
    let answer = append(&*fixture.log, request([note(&[], "nobody")]));
    assert!(matches!(answer, Err(AppendError::Malformed(_))), "{answer:?}");
}

pub(crate) fn an_event_that_was_erased_elsewhere_comes_back_erased(fixture: &Fixture) {
    let mut event = received(1, 1, "+31 20 555 01 01");
    event.erase();
    append(&*fixture.log, request([event.clone()])).unwrap();
    assert_eq!(fixture.log.get(Position(1)).unwrap().unwrap().event, event);
}

pub(crate) fn an_external_key_gives_the_same_id_in_one_log_only(fixture: &Fixture) {
    let id = |log: &dyn Log| log.external_ids().id(["phone", "+31 20 555 01 01"]);
    assert_eq!(id(&*fixture.log), id(&*fixture.log));
    let env = Arc::new(SeededEnvironment::new(77, NOW));
    assert_ne!(id(&*fixture.log), id(&*crate::memory::MemoryLog::new(env)));
}

pub(crate) fn a_digest_of_a_body_is_the_same_in_one_log_only(fixture: &Fixture) {
    let digest = |log: &dyn Log| log.request_hasher().update(b"body").finish();
    assert_eq!(digest(&*fixture.log), digest(&*fixture.log));
    let env = Arc::new(SeededEnvironment::new(77, NOW));
    assert_ne!(digest(&*fixture.log), digest(&*crate::memory::MemoryLog::new(env)));
}
