//! What can still be done after one of several people was erased: everything about those who are left.

use crate::account::AccountKind;
use crate::activity::{ActivityText, Direction, RecordLetter, Subjects};
use crate::agreement::ReachAgreement;
use crate::attribute::{AttributeDefinition, AttributeType, EntityKind, EntityRef, PublishAttributes, SetAttributes};
use crate::event::{Event, EventType};
use crate::fixtures::{ACCOUNT, CONTACT, LEAD, PIPELINE, company, contract, deal, erased};
use crate::lead::{ConversionAccount, ConversionOpportunity, ConvertLead};
use crate::opportunity::{LoseOpportunity, OpenOpportunity, ReopenOpportunity};
use crate::privacy::{DataSubjects, EraseSubject, ErasureGround, PlaceLegalHold};
use crate::refusal::RefusalCode;
use crate::task::{CancelTask, CompleteTask, ScheduleTask, TaskKind};
use crate::testing::{History, NOW, id};
use crate::values::AttributeValue;

/// A deal of the account with the contact, in which both are concerned, and a task about both.
fn shared() -> History {
    let deal = OpenOpportunity { contact: Some(id(CONTACT)), ..deal(50) };
    company().after(&deal).after(&ScheduleTask {
        task: id(80),
        subjects: both(),
        employee: None,
        kind: TaskKind::Call,
        due_at: NOW,
        title: Some("call about the renewal".into()),
    })
}

fn both() -> Subjects {
    Subjects { account: Some(id(ACCOUNT)), contact: Some(id(CONTACT)), ..Subjects::default() }
}

fn of_deal() -> Subjects {
    Subjects { opportunity: Some(id(50)), ..Subjects::default() }
}

fn letter(subjects: Subjects, body: Option<&str>) -> RecordLetter {
    let text = ActivityText { body: body.map(Into::into), ..ActivityText::default() };
    RecordLetter { activity: id(70), subjects, employee: None, direction: Direction::Outbound, text }
}

fn lose(reason: &str, comment: Option<&str>) -> LoseOpportunity {
    let (opportunity, reason, comment) = (id(50), reason.to_owned(), comment.map(Into::into));
    LoseOpportunity { opportunity, reason, competitor: None, comment, employee: None }
}

/// For whom the last event of this kind is sealed.
fn sealed_for(history: &History, event_type: EventType) -> DataSubjects {
    let mut events = history.events().iter().rev();
    events.find(|event| event.event.event_type() == event_type).unwrap().event.data_subjects()
}

fn account() -> DataSubjects {
    id::<crate::ids::SubjectId>(ACCOUNT).into()
}

#[test]
fn words_about_a_shared_deal_go_on_about_those_who_are_left() {
    let history = shared().and(erased(CONTACT));
    let note = history.clone().after(&letter(of_deal(), Some("the office moved")));
    assert_eq!(sealed_for(&note, EventType::LetterRecorded), account());
    let lost = history.clone().after(&lose("OTHER", Some("they closed")));
    assert_eq!(sealed_for(&lost, EventType::OpportunityLost), account());
    let comment = Some("they are back".into());
    let reopened = lost.after(&ReopenOpportunity { opportunity: id(50), stage: None, comment, employee: None });
    assert_eq!(sealed_for(&reopened, EventType::OpportunityReopened), account());
    let agreed = history.clone().after(&ReachAgreement { subjects: both(), ..contract(1) });
    assert_eq!(sealed_for(&agreed, EventType::AgreementReached), account());
    let scheduled = history.clone().after(&ScheduleTask {
        task: id(81),
        subjects: both(),
        employee: None,
        kind: TaskKind::Other,
        due_at: NOW,
        title: Some("ask".into()),
    });
    assert_eq!(sealed_for(&scheduled, EventType::TaskScheduled), account());
    let completed = history.clone().after(&CompleteTask { task: id(80), comment: Some("they agreed".into()) });
    assert_eq!(sealed_for(&completed, EventType::TaskCompleted), account());
    let cancelled = history.clone().after(&CancelTask { task: id(80), comment: Some("not needed".into()) });
    assert_eq!(sealed_for(&cancelled, EventType::TaskCancelled), account());
    let opened = history.after(&OpenOpportunity { contact: Some(id(CONTACT)), ..deal(51) });
    assert_eq!(sealed_for(&opened, EventType::OpportunityOpened), account());
}

#[test]
fn attributes_of_a_shared_deal_go_on_too() {
    let key = "format".to_owned();
    let definition = AttributeDefinition { key: key.clone(), name: key.clone(), value_type: AttributeType::Text };
    let history = shared()
        .after(&PublishAttributes { entity: EntityKind::Opportunity, definitions: vec![definition] })
        .and(erased(CONTACT));
    let set = |text: &str| SetAttributes {
        entity: EntityRef::Opportunity(id(50)),
        values: [(key.clone(), Some(AttributeValue::Text(text.to_owned())))].into(),
    };
    let changed = history.after(&set("page"));
    assert_eq!(sealed_for(&changed, EventType::AttributesSet), account());
    changed.and(erased(ACCOUNT)).when(&set("banner")).then_refused(RefusalCode::SubjectErased);
}

#[test]
fn with_nobody_left_words_are_refused_and_no_comment_is_demanded() {
    let history = shared().and(erased(CONTACT)).and(erased(ACCOUNT));
    let refused = history.clone().when(&lose("OTHER", Some("they closed"))).then_refused(RefusalCode::SubjectErased);
    assert_eq!(refused.field.unwrap(), "comment");
    history.clone().when(&lose("OTHER", None)).then_accepted();
    let named = LoseOpportunity { competitor: Some("Gazeta".into()), ..lose("OTHER", None) };
    assert_eq!(history.clone().when(&named).then_refused(RefusalCode::SubjectErased).field.unwrap(), "competitor");
    let refused = history.clone().when(&letter(of_deal(), Some("they moved"))).then_refused(RefusalCode::SubjectErased);
    assert_eq!(refused.field.unwrap(), "text");
    history.clone().when(&letter(of_deal(), None)).then_accepted();
    let completed = CompleteTask { task: id(80), comment: Some("they agreed".into()) };
    history.clone().when(&completed).then_refused(RefusalCode::SubjectErased);
    history.when(&CompleteTask { comment: None, ..completed }).then_accepted();
}

#[test]
fn a_lead_of_somebody_erased_becomes_a_deal_of_the_account_alone() {
    let convert = ConvertLead {
        lead: id(LEAD),
        account: ConversionAccount::New {
            account: id(60),
            subject: id(61),
            kind: AccountKind::Company,
            name: Some("Vega".into()),
        },
        contact: None,
        opportunity: Some(ConversionOpportunity {
            opportunity: id(62),
            pipeline: id(PIPELINE),
            stage: None,
            amount: None,
            expected_close: None,
            title: Some("spring".into()),
        }),
        employee: None,
    };
    let converted = company().and(erased(LEAD)).after(&convert);
    assert_eq!(sealed_for(&converted, EventType::OpportunityOpened), id::<crate::ids::SubjectId>(61).into());
}

#[test]
fn a_deal_without_a_customer_can_be_held_and_erased_under_its_own_id() {
    let alone = company().after(&OpenOpportunity { account: None, ..deal(50) });
    let erase = |subject| EraseSubject {
        subject: id(subject),
        ground: ErasureGround::Objection,
        reference: None,
        employee: None,
    };
    let hold = PlaceLegalHold { hold: id(90), subject: id(50), reason: "claim".into(), employee: None };
    alone.clone().after(&hold).when(&erase(50)).then_refused(RefusalCode::LegalHold);
    let history = alone.after(&letter(of_deal(), Some("Vera called"))).after(&erase(50));
    assert_eq!(sealed_for(&history, EventType::LetterRecorded), id::<crate::ids::SubjectId>(50).into());
    assert!(history.events().iter().any(|event| matches!(event.event, Event::PersonalDataErased(_))));
    company().after(&deal(50)).when(&erase(50)).then_refused(RefusalCode::NotFound);
}
