//! Attributes and roles: found like any column, in no file, and gone with their person.

use std::fs;
use std::path::Path;

use letopis_domain::attribute::{AttributeChange, AttributeChanges, AttributesSet, EntityRef};
use letopis_domain::contact::{ContactCreated, ContactDetails, ContactUpdated};
use letopis_domain::event::Event;
use letopis_domain::ids::SubjectId;
use letopis_domain::lead::{LeadDetails, LeadReceived};
use letopis_domain::privacy::{ErasureGround, PersonalDataErased};
use letopis_domain::values::{AttributeValue, Attributes, Personal};

use super::projector::Company;
use super::story::*;
use crate::entries::{ContactEntry, LeadEntry};
use crate::filter::Where;
use crate::handle::{Found, Views};
use crate::value::{Field, Value};

const LEVEL: &str = "MZXW6LEVELQ7KEY";
const GOLD: &str = "MZXW6YTBOI5GOLD";
const DIRECTOR: &str = "MZXW6DIRECTOR5K";

fn text(text: &str) -> AttributeValue {
    AttributeValue::Text(text.to_owned())
}

fn lead(number: u128, level: &str) -> Event {
    let attributes = Attributes::from([(LEVEL.to_owned(), text(level))]);
    let personal = Personal::with_attributes(LeadDetails::default(), attributes);
    LeadReceived { attributes_version: 1, personal, ..received(number) }.into()
}

fn level(number: u128, to: Option<&str>) -> Event {
    let changes = vec![AttributeChange { key: LEVEL.to_owned(), from: None, to: to.map(text) }];
    AttributesSet {
        entity: EntityRef::Lead(id(number)),
        version: 1,
        data_subjects: id::<SubjectId>(number).into(),
        personal: Personal::Known(AttributeChanges { changes }),
    }
    .into()
}

fn details(role: &str) -> ContactDetails {
    ContactDetails { role: Some(role.into()), ..ContactDetails::default() }
}

fn director(number: u128) -> [Event; 2] {
    let personal = Personal::with_attributes(details("purchaser"), Attributes::new());
    let created = ContactCreated { personal, ..contact(number, 300) };
    let updated = ContactUpdated {
        contact: id(number),
        subject: id(number),
        account_before: None,
        account: None,
        personal: Personal::Known(details(DIRECTOR)),
    };
    [created.into(), updated.into()]
}

fn erased(number: u128) -> Event {
    PersonalDataErased {
        subject: id(number),
        erased: id::<SubjectId>(number).into(),
        ground: ErasureGround::Objection,
        reference: None,
        employee: None,
    }
    .into()
}

/// Leads 1, 2 and 3 of level gold, of which 3 loses it, and two directors.
async fn told() -> Company {
    let company = Company::new();
    company.append([lead(1, GOLD), lead(2, "silver"), lead(3, GOLD), level(2, Some(GOLD)), level(3, None)]).await;
    company.append(director(401).into_iter().chain(director(402))).await;
    company
}

fn level_is(level: &str) -> Where {
    Where::equals(Field::Attribute(LEVEL.to_owned()), Value::Text(level.to_owned()))
}

/// How many leads are of level gold, and how many contacts are directors.
fn counted(views: &Views) -> (u64, u64) {
    let directors = Where::equals(Field::Role, Value::Text(DIRECTOR.to_owned()));
    let view = views.now();
    (view.count::<LeadEntry>(&level_is(GOLD)).unwrap(), view.count::<ContactEntry>(&directors).unwrap())
}

fn files_with(folder: &Path, text: &str) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let hits = entries.map(|path| {
        if path.is_dir() {
            return files_with(&path, text);
        }
        usize::from(fs::read(path).unwrap().windows(text.len()).any(|window| window == text.as_bytes()))
    });
    hits.sum()
}

#[tokio::test]
async fn attributes_and_roles_are_found_and_grouped_also_after_reopening() {
    let company = told().await;
    let (views, _) = company.views();
    views.catch_up().unwrap();
    let by_role = views.now().group::<ContactEntry>(&Where::default(), &[Field::Role]).unwrap();
    assert_eq!(by_role.len(), 1);
    assert_eq!((by_role[0].count, counted(&views)), (2, (2, 2)));
    views.close().unwrap();
    drop(views);
    let (views, found) = company.views();
    assert_eq!((found, counted(&views)), (Found::Usable, (2, 2)));
    company.append([level(3, Some(GOLD))]).await;
    views.catch_up().unwrap();
    assert_eq!(counted(&views), (3, 2));
}

#[tokio::test]
async fn no_attribute_and_no_role_is_in_any_file() {
    let company = told().await;
    company.append([LeadReceived { source: Some("MZXW6SOURCE".to_owned()), ..received(9) }.into()]).await;
    let (views, _) = company.views();
    views.catch_up().unwrap();
    views.close().unwrap();
    assert_eq!([GOLD, DIRECTOR, LEVEL].map(|text| files_with(company.folder.path(), text)), [0; 3]);
    assert_ne!(files_with(company.folder.path(), "MZXW6SOURCE"), 0, "the search finds what is there");
}

#[tokio::test]
async fn what_is_erased_is_dropped_at_once_and_says_the_same_as_a_rebuild() {
    let company = told().await;
    let (views, _) = company.views();
    views.catch_up().unwrap();
    company.append([erased(1), erased(401)]).await;
    views.catch_up().unwrap();
    assert_eq!(counted(&views), (1, 1));
    let values_before = views.now().generation.facts.read().names.particulars.value_count();
    let report = views.rebuild(&mut |_| {}).unwrap();
    assert_eq!(report.digests_before.as_deref(), Some(report.digests.as_slice()));
    assert_eq!(counted(&views), (1, 1));
    company.append([erased(2), erased(402)]).await;
    views.catch_up().unwrap();
    assert_eq!(counted(&views), (0, 0));
    assert_eq!(views.now().count::<LeadEntry>(&Where::default()).unwrap(), 3, "the rows stay");
    let values = views.now().generation.facts.read().names.particulars.value_count();
    assert!(values < values_before, "{values}: a value that nobody holds is gone");
}
