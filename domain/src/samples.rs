//! One sample of every event, each field filled: what golden files hold and what tests of other crates store.

mod company;
mod customers;
mod deals;
mod privacy;
mod subjects;
mod work;

use crate::event::{Event, EventType};
use crate::values::{AttributeValue, Attributes, Currency, Date, Money, Timestamp};

/// The sample of a type; always the same.
#[must_use]
pub fn sample(event_type: EventType) -> Event {
    match event_type {
        EventType::CompanyProfilePublished => company::company_profile_published().into(),
        EventType::BusinessUnitFormed => company::business_unit_formed().into(),
        EventType::TeamFormed => company::team_formed().into(),
        EventType::EmployeeHired => company::employee_hired().into(),
        EventType::EmployeeTransferred => company::employee_transferred().into(),
        EventType::EmployeeLeft => company::employee_left().into(),
        EventType::PipelinePublished => company::pipeline_published().into(),
        EventType::ReasonCatalogPublished => company::reason_catalog_published().into(),
        EventType::AuditRulesPublished => company::audit_rules_published().into(),
        EventType::AttributesPublished => company::attributes_published().into(),
        EventType::AttributesSet => company::attributes_set().into(),
        EventType::AccountCreated => customers::account_created().into(),
        EventType::AccountUpdated => customers::account_updated().into(),
        EventType::AccountOwnerAssigned => customers::account_owner_assigned().into(),
        EventType::ContactCreated => customers::contact_created().into(),
        EventType::ContactUpdated => customers::contact_updated().into(),
        EventType::LeadReceived => customers::lead_received().into(),
        EventType::LeadQualified => customers::lead_qualified().into(),
        EventType::LeadAssigned => customers::lead_assigned().into(),
        EventType::LeadRejected => customers::lead_rejected().into(),
        EventType::LeadRecycled => customers::lead_recycled().into(),
        EventType::LeadReopened => customers::lead_reopened().into(),
        EventType::LeadConverted => customers::lead_converted().into(),
        EventType::OpportunityOpened => deals::opportunity_opened().into(),
        EventType::OpportunityStageChanged => deals::opportunity_stage_changed().into(),
        EventType::OpportunityAmountRevised => deals::opportunity_amount_revised().into(),
        EventType::OpportunityExpectedCloseRevised => deals::opportunity_expected_close_revised().into(),
        EventType::OpportunityProbabilityDeclared => deals::opportunity_probability_declared().into(),
        EventType::OpportunityOwnerAssigned => deals::opportunity_owner_assigned().into(),
        EventType::OpportunityWon => deals::opportunity_won().into(),
        EventType::OpportunityLost => deals::opportunity_lost().into(),
        EventType::OpportunityReopened => deals::opportunity_reopened().into(),
        EventType::CallRecorded => work::call_recorded().into(),
        EventType::EmailRecorded => work::email_recorded().into(),
        EventType::MeetingRecorded => work::meeting_recorded().into(),
        EventType::MessageRecorded => work::message_recorded().into(),
        EventType::LetterRecorded => work::letter_recorded().into(),
        EventType::NoteRecorded => work::note_recorded().into(),
        EventType::AgreementReached => work::agreement_reached().into(),
        EventType::ResourceReserved => work::resource_reserved().into(),
        EventType::ReservationReleased => work::reservation_released().into(),
        EventType::TaskScheduled => work::task_scheduled().into(),
        EventType::TaskCompleted => work::task_completed().into(),
        EventType::TaskCancelled => work::task_cancelled().into(),
        EventType::RoleGranted => company::role_granted().into(),
        EventType::RoleRevoked => company::role_revoked().into(),
        EventType::AbsenceDeclared => company::absence_declared().into(),
        EventType::AbsenceEnded => company::absence_ended().into(),
        EventType::SubjectsLinked => privacy::subjects_linked().into(),
        EventType::ConsentGiven => privacy::consent_given().into(),
        EventType::ConsentWithdrawn => privacy::consent_withdrawn().into(),
        EventType::LegalHoldPlaced => privacy::legal_hold_placed().into(),
        EventType::LegalHoldLifted => privacy::legal_hold_lifted().into(),
        EventType::PersonalDataErased => privacy::personal_data_erased().into(),
        EventType::RequestSettled => company::request_settled().into(),
    }
}

/// 2026-03-29T00:59:59.999999Z: the last microsecond before a change of clocks in Europe.
const INSTANT: Timestamp = Timestamp::from_micros(1_774_745_999_999_999);

fn date(year: i32, month: u32, day: u32) -> Date {
    Date(chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default())
}

fn euros(cents: i64) -> Money {
    Money { amount: rust_decimal::Decimal::new(cents, 2), currency: Currency::EUR }
}

/// A value of each kind.
fn attributes() -> Attributes {
    let number = rust_decimal::Decimal::new(-12_345_678, 4);
    Attributes::from([
        ("consent".to_owned(), AttributeValue::Flag(true)),
        ("employees".to_owned(), AttributeValue::Number(number)),
        ("first_seen".to_owned(), AttributeValue::Time(INSTANT)),
        ("founded".to_owned(), AttributeValue::Date(date(1987, 12, 31))),
        ("landing_page".to_owned(), AttributeValue::Text("/цены?для=Веры".to_owned())),
    ])
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;
    use crate::attribute::AttributeChanges;
    use crate::event::{PayloadCodec, PersonalBytes};
    use crate::query::Tag;
    use crate::values::{Personal, WithAttributes};

    struct Json;

    impl PayloadCodec for Json {
        fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String> {
            serde_json::to_vec(value).map_err(|error| error.to_string())
        }

        fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, String> {
            serde_json::from_slice(bytes).map_err(|error| error.to_string())
        }
    }

    fn folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
    }

    fn written(event: &Event) -> Value {
        let encoded = event.encode(&Json).unwrap();
        let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        json!({
            "type": encoded.event_type.name(),
            "version": encoded.version,
            "tags": encoded.tags.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>(),
            "fact": value(&encoded.payload),
            "personal": encoded.personal.as_deref().map(value),
            "lookups": encoded.lookups.as_slice().iter().map(Tag::as_str).collect::<Vec<_>>(),
        })
    }

    fn read(golden: &Value) -> Event {
        let event_type = golden["type"].as_str().unwrap().parse().unwrap();
        let version = golden["version"].as_u64().unwrap().try_into().unwrap();
        let personal = serde_json::to_vec(&golden["personal"]).unwrap();
        let personal = if golden["personal"].is_null() { PersonalBytes::None } else { PersonalBytes::Known(&personal) };
        Event::decode(&Json, event_type, version, &serde_json::to_vec(&golden["fact"]).unwrap(), personal).unwrap()
    }

    /// People write numbers, days and times of attributes as text; only definitions tell them apart.
    fn as_people_write(mut event: Event) -> Event {
        fn plain(value: &mut AttributeValue) {
            match value {
                AttributeValue::Text(_) | AttributeValue::Flag(_) => {}
                AttributeValue::Number(number) => *value = AttributeValue::Text(number.to_string()),
                AttributeValue::Date(date) => *value = AttributeValue::Text(date.to_string()),
                AttributeValue::Time(time) => *value = AttributeValue::Text(time.to_string()),
            }
        }
        fn plain_all<D>(personal: &mut Personal<WithAttributes<D>>) {
            if let Personal::Known(known) = personal {
                known.attributes.values_mut().for_each(plain);
            }
        }
        match &mut event {
            Event::LeadReceived(fact) => plain_all(&mut fact.personal),
            Event::AccountCreated(fact) => plain_all(&mut fact.personal),
            Event::ContactCreated(fact) => plain_all(&mut fact.personal),
            Event::OpportunityOpened(fact) => plain_all(&mut fact.personal),
            Event::AttributesSet(fact) => {
                let Personal::Known(AttributeChanges { changes }) = &mut fact.personal else { return event };
                changes.iter_mut().flat_map(|change| change.from.iter_mut().chain(&mut change.to)).for_each(plain);
            }
            _ => {}
        }
        event
    }

    #[test]
    fn every_event_looks_like_its_golden_file_and_reads_back_alike() {
        let writes = std::env::var_os("LETOPIS_WRITE_GOLDEN").is_some();
        for event_type in EventType::ALL {
            let event = sample(*event_type);
            assert_eq!(event.event_type(), *event_type);
            let path = folder().join(format!("{event_type}.v{}.json", event_type.current_version()));
            if writes && !path.exists() {
                std::fs::create_dir_all(folder()).unwrap();
                std::fs::write(&path, format!("{:#}\n", written(&event))).unwrap();
            }
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}; LETOPIS_WRITE_GOLDEN=1 writes it", path.display()));
            let golden: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(golden, written(&event), "{event_type} changed shape; a stored shape needs a new version");
            assert_eq!(read(&golden), as_people_write(event), "{event_type}");
        }
    }

    #[test]
    fn every_golden_file_can_still_be_read() {
        for entry in std::fs::read_dir(folder()).unwrap() {
            let path = entry.unwrap().path();
            let golden: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let event = read(&golden);
            let name = format!("{}.v{}.json", event.event_type(), golden["version"]);
            assert_eq!(path.file_name().and_then(|name| name.to_str()), Some(name.as_str()));
        }
    }

    #[test]
    fn samples_leave_no_field_empty() {
        fn gaps(path: &str, value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Null => found.push(path.to_owned()),
                Value::Array(entries) if entries.is_empty() => found.push(path.to_owned()),
                Value::String(text) if text.is_empty() => found.push(path.to_owned()),
                Value::Array(entries) => entries.iter().for_each(|entry| gaps(path, entry, found)),
                Value::Object(fields) => {
                    fields.iter().for_each(|(key, value)| gaps(&format!("{path}.{key}"), value, found));
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        for event_type in EventType::ALL {
            let mut golden = written(&sample(*event_type));
            golden.as_object_mut().unwrap().retain(|key, value| key == "fact" || !value.is_null());
            gaps(event_type.name(), &golden["fact"], &mut found);
            gaps(event_type.name(), golden.get("personal").unwrap_or(&Value::Bool(true)), &mut found);
        }
        let optional_inside_lists =
            ["ReasonCatalogPublished.reasons.claim", "PipelinePublished.stages.probability_percent"];
        found.retain(|gap| !optional_inside_lists.contains(&gap.as_str()));
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn debug_output_of_a_sample_shows_nothing_personal() {
        for event_type in EventType::ALL {
            let shown = format!("{:?}", sample(*event_type));
            for secret in ["Vera", "Вера", "Веры", "vega.example", "+31", "purchaser"] {
                assert!(!shown.contains(secret), "{event_type} shows '{secret}': {shown}");
            }
        }
    }
}
