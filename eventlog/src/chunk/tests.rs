//! Tests of chunks, on the memory log, with another writer beside them.

use letopis_domain::account::{AccountKind, CreateAccount};
use letopis_domain::employee::{FormBusinessUnit, FormTeam, PublishCompanyProfile};
use letopis_domain::ids::BusinessUnitId;
use letopis_domain::privacy::{EraseSubject, ErasureGround};
use letopis_domain::values::Timestamp;
use uuid::Uuid;

use super::*;
use crate::contract::{NOW, append, block_on, erased, qualified, received, request, subject};
use crate::environment::SeededEnvironment;
use crate::log::{Range, RequestKey};
use crate::memory::MemoryLog;

struct Desk {
    log: Arc<MemoryLog>,
    env: Arc<SeededEnvironment>,
}

impl Desk {
    fn new() -> Self {
        let env = Arc::new(SeededEnvironment::new(1, NOW));
        Self { log: MemoryLog::new(env.clone()), env }
    }

    fn chunk(&self) -> Chunk {
        Chunk::new(self.log.clone(), self.env.clone())
    }

    fn rival(&self, command: &Command) {
        let mut chunk = self.chunk();
        execute(&mut chunk, command);
        block_on(chunk.commit()).unwrap().unwrap();
    }

    fn types(&self) -> Vec<String> {
        let events = self.log.read(&Query::all(), Range::ALL).unwrap();
        events.iter().map(|event| event.event.event_type().to_string()).collect()
    }
}

fn unit(number: u128) -> BusinessUnitId {
    Uuid::from_u128(number).into()
}

fn form_unit(number: u128, name: &str) -> Command {
    FormBusinessUnit { unit: unit(number), name: name.to_owned() }.into()
}

fn form_team(number: u128, unit_number: u128) -> Command {
    let team = Uuid::from_u128(number).into();
    FormTeam { team, name: "Team".to_owned(), parent: None, unit: Some(unit(unit_number)) }.into()
}

fn publish_profile(name: &str) -> Command {
    PublishCompanyProfile { name: name.to_owned(), time_zone: chrono_tz::UTC }.into()
}

fn keyed(id: &str, digest: u8) -> Envelope {
    let key = RequestKey { id: RequestId::new(id).unwrap(), digest: [digest; 16] };
    Envelope { key: Some(key), ..Envelope::default() }
}

fn execute(chunk: &mut Chunk, command: &Command) -> ChunkOutcome {
    chunk.execute(command, &Envelope::default()).unwrap()
}

fn code(answer: Result<ChunkOutcome, TransactError>) -> RefusalCode {
    match answer {
        Err(TransactError::Refused(refused)) => refused.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_sees_the_events_of_the_commands_before_it() {
    let desk = Desk::new();
    let mut chunk = desk.chunk();
    assert_eq!(code(chunk.execute(&form_team(9, 1), &Envelope::default())), RefusalCode::NotFound);
    assert!(matches!(execute(&mut chunk, &form_unit(1, "North")), ChunkOutcome::Recorded(_)));
    assert!(matches!(execute(&mut chunk, &form_team(9, 1)), ChunkOutcome::Recorded(_)));
    assert_eq!(execute(&mut chunk, &form_unit(1, "North")), ChunkOutcome::Unchanged);
    assert_eq!(code(chunk.execute(&form_unit(1, "South"), &Envelope::default())), RefusalCode::AlreadyExists);
    assert_eq!(chunk.pending_events(), 2);
    let appended = block_on(chunk.commit()).unwrap().unwrap();
    assert_eq!((appended.first.0, appended.last.0), (1, 2));
    assert_eq!(desk.types(), ["BusinessUnitFormed", "TeamFormed"]);
    assert_eq!(block_on(chunk.commit()).unwrap(), None);
}

#[test]
fn what_was_read_is_kept_from_chunk_to_chunk() {
    let desk = Desk::new();
    let mut chunk = desk.chunk();
    execute(&mut chunk, &form_unit(1, "North"));
    block_on(chunk.commit()).unwrap();
    assert!(matches!(execute(&mut chunk, &form_team(9, 1)), ChunkOutcome::Recorded(_)));
    block_on(chunk.commit()).unwrap();
    assert_eq!(execute(&mut chunk, &form_team(9, 1)), ChunkOutcome::Unchanged);
}

#[test]
fn a_request_is_recorded_once_within_a_chunk_and_across_chunks() {
    let desk = Desk::new();
    let mut chunk = desk.chunk();
    let mut twice = || {
        chunk.execute(&form_unit(1, "North"), &keyed("row 1", 1)).unwrap();
        assert_eq!(chunk.execute(&form_unit(1, "North"), &keyed("row 1", 1)).unwrap(), ChunkOutcome::Duplicate);
        assert_eq!(code(chunk.execute(&form_unit(1, "N."), &keyed("row 1", 2))), RefusalCode::Changed);
        block_on(chunk.commit()).unwrap()
    };
    assert!(twice().is_some());
    assert!(twice().is_none());
    assert_eq!(desk.log.head(), Position(1));
}

#[test]
fn rows_that_changed_nothing_at_first_change_nothing_later() {
    let desk = Desk::new();
    desk.rival(&publish_profile("Ours"));
    let mut chunk = desk.chunk();
    let mut import = || {
        let rows = [("row 1", "Ours"), ("row 2", "Theirs")];
        let outcomes = rows.map(|(id, name)| chunk.execute(&publish_profile(name), &keyed(id, 1)).unwrap());
        block_on(chunk.commit()).unwrap();
        outcomes
    };
    let [first, second] = import();
    assert!(first == ChunkOutcome::Unchanged && matches!(second, ChunkOutcome::Recorded(_)));
    let head = desk.log.head();
    assert_eq!(import(), [ChunkOutcome::Duplicate, ChunkOutcome::Duplicate]);
    assert_eq!(desk.log.head(), head);
    assert_eq!(desk.types(), ["CompanyProfilePublished", "RequestSettled", "CompanyProfilePublished"]);
}

#[test]
fn a_row_that_changed_nothing_is_decided_again_when_others_were_faster() {
    let desk = Desk::new();
    desk.rival(&publish_profile("Ours"));
    let mut chunk = desk.chunk();
    assert_eq!(chunk.execute(&publish_profile("Ours"), &keyed("row 1", 1)).unwrap(), ChunkOutcome::Unchanged);
    desk.rival(&publish_profile("Theirs"));
    assert!(matches!(block_on(chunk.commit()), Err(TransactError::Contended { .. })));
    let again = chunk.execute(&publish_profile("Ours"), &keyed("row 1", 1)).unwrap();
    assert!(matches!(again, ChunkOutcome::Recorded(_)));
}

#[test]
fn others_who_write_about_something_else_do_not_disturb() {
    let desk = Desk::new();
    let mut chunk = desk.chunk();
    execute(&mut chunk, &form_unit(1, "North"));
    append(&*desk.log, request([qualified(1, 1)])).unwrap();
    desk.rival(&form_unit(2, "South"));
    let appended = block_on(chunk.commit()).unwrap().unwrap();
    assert_eq!(appended.first, Position(3));
    let expecting = |position| Envelope { expected_position: Some(Position(position)), ..Envelope::default() };
    assert_eq!(code(chunk.execute(&form_unit(1, "North"), &expecting(2))), RefusalCode::StalePosition);
    assert_eq!(chunk.execute(&form_unit(1, "North"), &expecting(3)).unwrap(), ChunkOutcome::Unchanged);
    assert!(matches!(chunk.execute(&form_team(9, 1), &expecting(2)), Ok(ChunkOutcome::Recorded(_))));
    assert!(matches!(execute(&mut chunk, &form_team(8, 2)), ChunkOutcome::Recorded(_)));
}

#[test]
fn a_chunk_that_came_second_is_decided_again() {
    let desk = Desk::new();
    let mut chunk = desk.chunk();
    execute(&mut chunk, &publish_profile("Ours"));
    desk.rival(&publish_profile("Theirs"));
    let appended = block_on(chunk.commit()).unwrap().unwrap();
    assert_eq!(appended.first, Position(2));
    assert_eq!(execute(&mut chunk, &publish_profile("Ours")), ChunkOutcome::Unchanged);
}

#[test]
fn a_chunk_whose_outcome_changed_is_given_back_empty() {
    let desk = Desk::new();
    let mut chunk = desk.chunk();
    execute(&mut chunk, &form_unit(3, "East"));
    execute(&mut chunk, &form_unit(1, "North"));
    desk.rival(&form_unit(1, "North"));
    let contended = block_on(chunk.commit()).unwrap_err();
    assert!(matches!(contended, TransactError::Contended { .. }), "{contended}");
    assert_eq!(chunk.pending_events(), 0);
    assert_eq!(execute(&mut chunk, &form_unit(1, "North")), ChunkOutcome::Unchanged);
    assert!(matches!(execute(&mut chunk, &form_unit(3, "East")), ChunkOutcome::Recorded(_)));
    block_on(chunk.commit()).unwrap();
    assert_eq!(desk.types(), ["BusinessUnitFormed", "BusinessUnitFormed"]);
}

#[test]
fn a_request_that_another_chunk_sent_first_is_a_duplicate() {
    let desk = Desk::new();
    let (mut chunk, mut twin) = (desk.chunk(), desk.chunk());
    for chunk in [&mut chunk, &mut twin] {
        chunk.execute(&publish_profile("Ours"), &keyed("row 1", 1)).unwrap();
    }
    block_on(twin.commit()).unwrap();
    assert!(matches!(block_on(chunk.commit()), Err(TransactError::Contended { .. })));
    assert_eq!(chunk.execute(&publish_profile("Ours"), &keyed("row 1", 1)).unwrap(), ChunkOutcome::Duplicate);
    assert_eq!(chunk.execute(&publish_profile("Ours"), &keyed("row 2", 2)).unwrap(), ChunkOutcome::Unchanged);
}

#[test]
fn an_occurred_at_is_kept_and_the_clock_is_the_default() {
    let desk = Desk::new();
    let mut chunk = desk.chunk();
    let earlier = Envelope { occurred_at: Some(NOW.plus_ms(-5)), ..Envelope::default() };
    chunk.execute(&form_unit(1, "North"), &earlier).unwrap();
    chunk.execute(&form_unit(2, "South"), &Envelope::default()).unwrap();
    block_on(chunk.commit()).unwrap();
    let occurred = |position| desk.log.get(Position(position)).unwrap().unwrap().occurred_at;
    assert_eq!([occurred(1), occurred(2)], [NOW.plus_ms(-5), NOW] as [Timestamp; 2]);
}

#[test]
fn a_chunk_about_someone_who_is_erased_before_its_commit_is_refused_as_a_whole() {
    let desk = Desk::new();
    let account: Command = CreateAccount {
        account: Uuid::from_u128(60).into(),
        subject: subject(1),
        kind: AccountKind::Private,
        name: "Vera".into(),
        emails: Vec::new(),
        phones: Vec::new(),
        owner: None,
        parent: None,
        attributes: letopis_domain::values::Attributes::new(),
    }
    .into();
    let mut chunk = desk.chunk();
    execute(&mut chunk, &form_unit(1, "North"));
    execute(&mut chunk, &account);
    append(&*desk.log, request([erased(&[1])])).unwrap();
    let answer = block_on(chunk.commit());
    let Err(TransactError::Refused(refused)) = answer else { panic!("{answer:?}") };
    assert_eq!(refused.code, RefusalCode::SubjectErased);
    assert_eq!((desk.log.head(), chunk.pending_events()), (Position(1), 0));
}

#[test]
fn what_a_chunk_erases_it_does_not_keep() {
    let desk = Desk::new();
    append(&*desk.log, request([received(1, 1, "+31 20 555 01 01")])).unwrap();
    let ground = ErasureGround::Objection;
    let erase = EraseSubject { subject: subject(1), ground, reference: None, employee: None };
    let mut chunk = desk.chunk();
    execute(&mut chunk, &erase.into());
    assert_ne!(chunk.cache.kept(), 0);
    block_on(chunk.commit()).unwrap();
    assert_eq!((chunk.cache.kept(), desk.log.head()), (0, Position(2)));
}
