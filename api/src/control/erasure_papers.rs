//! The papers of an erasure that Russian practice asks for: the act and the extract of the journal, with the contents
//! that order 179 of Roskomnadzor of 28 October 2022 lists. They are in Russian, because its inspectors read them.
//!
//! They are written from the log alone and kept outside of it, for three years: whom they name in words is only what
//! the operator adds.

use std::collections::BTreeSet;
use std::fmt::Write;

use letopis_domain::event::EventType;
use letopis_domain::privacy::ErasureGround;
use letopis_eventlog::proof::Certificate;
use serde::{Deserialize, Serialize};

/// What the log does not know and the order asks for.
#[derive(clap::Args, Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Operator {
    /// The company that is responsible for the data.
    #[arg(long = "operator", value_name = "NAME")]
    pub name: String,
    /// Its address.
    #[arg(long = "operator-address", value_name = "ADDRESS")]
    pub address: String,
    /// Who destroyed the data and signs for it: name and position.
    #[arg(long = "executor", value_name = "NAME, POSITION")]
    pub executor: String,
    /// Who processes the data on the operator's behalf: name and address.
    #[arg(long = "processor", value_name = "NAME, ADDRESS")]
    pub processor: Option<String>,
    /// What the information system is called.
    #[arg(long = "system", value_name = "NAME", default_value = "Letopis")]
    pub system: String,
    /// How the person is named in the papers, beside the pseudonym.
    #[arg(long = "person", value_name = "TEXT")]
    pub person: Option<String>,
}

/// The categories of what was destroyed, by the types of the events that held it.
pub fn categories(types: impl Iterator<Item = EventType>) -> BTreeSet<&'static str> {
    types.flat_map(of_type).copied().collect()
}

/// What an event of a type holds of a person.
const fn of_type(event_type: EventType) -> &'static [&'static str] {
    use EventType as Type;
    const NAMES: &str = "имя";
    const PHONES: &str = "номера телефонов";
    const MAILS: &str = "адреса электронной почты";
    const OTHER: &str = "дополнительные сведения";
    const COMMENTS: &str = "комментарии работников";
    match event_type {
        Type::LeadReceived => &[NAMES, PHONES, MAILS, "место работы", "текст обращения", OTHER],
        Type::AccountCreated | Type::AccountUpdated => &[NAMES, PHONES, MAILS, OTHER],
        Type::ContactCreated | Type::ContactUpdated => &[NAMES, PHONES, MAILS, "должность", OTHER],
        Type::EmployeeHired => &[NAMES],
        Type::CallRecorded
        | Type::EmailRecorded
        | Type::MeetingRecorded
        | Type::MessageRecorded
        | Type::LetterRecorded
        | Type::NoteRecorded => &["содержание общения"],
        Type::OpportunityOpened => &["описание сделки", OTHER],
        Type::OpportunityLost
        | Type::OpportunityReopened
        | Type::LeadRejected
        | Type::LeadRecycled
        | Type::LeadReopened
        | Type::TaskCompleted
        | Type::TaskCancelled => &[COMMENTS],
        Type::TaskScheduled => &["описание поручений"],
        Type::AgreementReached => &["условия договорённостей"],
        Type::AttributesSet => &[OTHER],
        Type::LegalHoldPlaced | Type::LegalHoldLifted => &["основания хранения"],
        Type::CompanyProfilePublished
        | Type::BusinessUnitFormed
        | Type::TeamFormed
        | Type::EmployeeTransferred
        | Type::EmployeeLeft
        | Type::PipelinePublished
        | Type::ReasonCatalogPublished
        | Type::AuditRulesPublished
        | Type::AttributesPublished
        | Type::AccountOwnerAssigned
        | Type::LeadQualified
        | Type::LeadAssigned
        | Type::LeadConverted
        | Type::OpportunityStageChanged
        | Type::OpportunityAmountRevised
        | Type::OpportunityExpectedCloseRevised
        | Type::OpportunityProbabilityDeclared
        | Type::OpportunityOwnerAssigned
        | Type::OpportunityWon
        | Type::ResourceReserved
        | Type::ReservationReleased
        | Type::RoleGranted
        | Type::RoleRevoked
        | Type::AbsenceDeclared
        | Type::AbsenceEnded
        | Type::SubjectsLinked
        | Type::ConsentGiven
        | Type::ConsentWithdrawn
        | Type::PersonalDataErased
        | Type::RequestSettled => &[],
    }
}

/// Why, in the words of the law.
const fn reason(ground: ErasureGround) -> &'static str {
    match ground {
        ErasureGround::NoLongerNecessary => {
            "достижение цели обработки персональных данных или утрата необходимости в её достижении (ч. 4 ст. 21 Федерального закона № 152-ФЗ)"
        }
        ErasureGround::ConsentWithdrawn => {
            "отзыв субъектом согласия на обработку персональных данных (ч. 5 ст. 21 Федерального закона № 152-ФЗ)"
        }
        ErasureGround::Objection => {
            "требование субъекта о прекращении обработки персональных данных (ч. 5.1 ст. 21 Федерального закона № 152-ФЗ)"
        }
        ErasureGround::UnlawfulProcessing => {
            "выявление неправомерной обработки персональных данных (ч. 3 ст. 21 Федерального закона № 152-ФЗ)"
        }
        ErasureGround::LegalObligation => "исполнение обязанности, установленной законом",
        ErasureGround::Child => "персональные данные несовершеннолетнего, собранные через Интернет",
    }
}

/// The act.
pub fn act(certificate: &Certificate, categories: &BTreeSet<&str>, operator: &Operator) -> String {
    let Operator { name, address, executor, processor, system, .. } = operator;
    let mut text = String::from("АКТ об уничтожении персональных данных\n\n");
    let mut row = |number: u8, what: &str, value: &str| {
        // Writing to text cannot fail.
        let _ = writeln!(text, "{number}. {what}: {value}");
    };
    row(1, "Оператор", &format!("{name}, {address}"));
    row(2, "Лицо, обрабатывающее персональные данные по поручению оператора", processor.as_deref().unwrap_or("нет"));
    row(3, "Субъект персональных данных", &subjects(certificate, operator));
    row(4, "Лицо, уничтожившее персональные данные", executor);
    row(5, "Категории уничтоженных персональных данных", &list(categories));
    row(6, "Информационная система, из которой уничтожены персональные данные", system);
    row(
        7,
        "Способ уничтожения",
        "уничтожение ключей шифрования, без которых данные не могут быть восстановлены, и удаление поисковых признаков",
    );
    row(8, "Причина уничтожения", &why(certificate));
    row(9, "Дата уничтожения", &certificate.recorded_at.to_string());
    text.push_str("\nПодпись лица, уничтожившего персональные данные: ____________________\n");
    text.push_str("\nХранить три года с даты уничтожения вместе с выгрузкой из журнала.\n");
    text
}

/// The extract of the journal, with one line of headings and one per pseudonym.
pub fn extract(certificate: &Certificate, categories: &BTreeSet<&str>, operator: &Operator) -> String {
    let headings = [
        "субъект персональных данных",
        "категории уничтоженных персональных данных",
        "информационная система",
        "причина уничтожения",
        "дата уничтожения",
        "событие журнала",
        "отпечаток уничтоженного ключа",
    ];
    let mut text = headings.map(quoted).join(";") + "\n";
    for (subject, key) in &certificate.subjects {
        let named = operator.person.as_ref().map_or(String::new(), |person| format!("{person}, "));
        let cells = [
            format!("{named}{}", subject.0),
            list(categories),
            operator.system.clone(),
            why(certificate),
            certificate.recorded_at.to_string(),
            certificate.position.to_string(),
            key.clone(),
        ];
        text.push_str(&(cells.map(|cell| quoted(&cell)).join(";") + "\n"));
    }
    text
}

fn subjects(certificate: &Certificate, operator: &Operator) -> String {
    let pseudonyms: Vec<String> = certificate.subjects.iter().map(|(subject, _)| subject.0.to_string()).collect();
    let named = operator.person.as_ref().map_or(String::new(), |person| format!("{person}, "));
    format!("{named}псевдонимы {}", pseudonyms.join(", "))
}

fn why(certificate: &Certificate) -> String {
    let reference =
        certificate.reference.as_ref().map_or(String::new(), |reference| format!("; обращение {reference}"));
    format!("{}{reference}", reason(certificate.ground))
}

fn list(categories: &BTreeSet<&str>) -> String {
    if categories.is_empty() {
        return "нет".to_owned();
    }
    categories.iter().copied().collect::<Vec<_>>().join(", ")
}

/// A cell as RFC 4180 has it.
fn quoted(cell: impl AsRef<str>) -> String {
    format!("\"{}\"", cell.as_ref().replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use letopis_domain::samples::sample;

    use super::*;

    #[test]
    fn every_type_of_event_with_a_personal_part_has_categories() {
        for event_type in EventType::ALL {
            let is_personal = !sample(*event_type).data_subjects().as_slice().is_empty();
            assert_eq!(!of_type(*event_type).is_empty(), is_personal, "{event_type}");
        }
    }

    #[test]
    fn cells_keep_their_quotes() {
        assert_eq!(quoted("ООО \"Ромашка\"; Москва"), "\"ООО \"\"Ромашка\"\"; Москва\"");
    }
}
