//! The newspaper's story (R67): a contract for the front page lapsed a week ago, its renewal was agreed on the
//! telephone and is known to one person, and a colleague is about to sell the place to somebody else.

use letopis_domain::account::{AccountKind, CreateAccount};
use letopis_domain::activity::{ActivityText, CallOutcome, Direction, RecordCall, RecordEmail, RecordNote, Subjects};
use letopis_domain::agreement::{AgreementForm, ReachAgreement, ReleaseReservation, ReserveResource};
use letopis_domain::command::Command;
use letopis_domain::contact::{CreateContact, UpdateContact};
use letopis_domain::ids::{AccountId, AgreementId, ContactId, ReservationId, ResourceId};
use letopis_domain::refusal::RefusalCode;
use letopis_domain::values::{Attributes, DurationMs, Email, Period, PersonName, Phone, PlainText, Timestamp};
use letopis_eventlog::error::TransactError;

use super::calendar::{DAY, START};
use super::chance::Chance;
use super::leads::money;
use super::scribe::DemoError;
use super::world::World;

/// Day and hour of each scene.
pub const SCENES: &[(i64, i64)] = &[(1, 10), (353, 16), (367, 11), (381, 12), (500, 15)];

/// When the first contract ends.
const CONTRACT_DAYS: i64 = 360;

/// Who and what the story is about.
pub struct Newspaper {
    /// The customer on the front page.
    pub account: AccountId,
    contact: ContactId,
    rival: AccountId,
    contract: AgreementId,
    front_page: ResourceId,
    back_page: ResourceId,
    second: ReservationId,
}

impl Newspaper {
    /// Ids for everyone.
    pub fn new(chance: &mut Chance) -> Self {
        Self {
            account: chance.id(START),
            contact: chance.id(START),
            rival: chance.id(START),
            contract: chance.id(START),
            front_page: chance.id(START),
            back_page: chance.id(START),
            second: chance.id(START),
        }
    }

    fn regular(&self) -> Subjects {
        Subjects { account: Some(self.account), contact: Some(self.contact), ..Subjects::default() }
    }

    fn newcomer(&self) -> Subjects {
        Subjects { account: Some(self.rival), ..Subjects::default() }
    }
}

fn days(from: i64, until: i64) -> Period {
    Period { from: START.plus_ms(from * DAY), until: Some(START.plus_ms(until * DAY)) }
}

impl World {
    /// A scene of the story.
    pub fn scene(&mut self, scene: u32) -> Result<(), DemoError> {
        match scene {
            0 => self.contract_is_signed(),
            1 => self.renewal_is_agreed_on_the_telephone(),
            2 => self.front_page_is_almost_sold_twice(),
            3 => self.customer_thanks(),
            _ => self.back_page_is_given_up(),
        }
    }

    fn contract_is_signed(&mut self) -> Result<(), DemoError> {
        let anna = Some(self.seller(0));
        let now = self.scribe.now();
        let account = CreateAccount {
            account: self.newspaper.account,
            subject: self.chance.id(now),
            kind: AccountKind::Company,
            name: PersonName::from("Кофейня «Аврора»"),
            emails: vec![Email::from("hello@avrora.example.ru")],
            phones: vec![Phone::from("+74951234567")],
            owner: anna,
            parent: None,
            attributes: Attributes::new(),
        };
        self.scribe.tell(anna, account)?;
        let contact = CreateContact {
            contact: self.newspaper.contact,
            subject: self.chance.id(now),
            name: PersonName::from("Вера Климова"),
            emails: vec![Email::from("vera@avrora.example.ru")],
            phones: vec![Phone::from("+79161112233")],
            account: Some(self.newspaper.account),
            role: Some("директор / director".into()),
            owner: anna,
            attributes: Attributes::new(),
        };
        self.scribe.tell(anna, contact)?;
        let year = ReachAgreement {
            agreement: self.newspaper.contract,
            subjects: self.newspaper.regular(),
            employee: None,
            form: AgreementForm::Written,
            valid: days(1, CONTRACT_DAYS),
            renews: None,
            amount: money(480_000, "RUB"),
            terms: PlainText::from("Баннер на первой полосе, весь год / front page, all year"),
        };
        self.scribe.tell(anna, year)?;
        let reservation = ReserveResource {
            reservation: self.chance.id(now),
            resource: self.newspaper.front_page,
            period: days(1, CONTRACT_DAYS),
            basis: self.newspaper.contract,
            employee: None,
        };
        self.scribe.tell(anna, reservation)
    }

    fn renewal_is_agreed_on_the_telephone(&mut self) -> Result<(), DemoError> {
        let anna = Some(self.seller(0));
        let now = self.scribe.now();
        let call = RecordCall {
            activity: self.chance.id(now),
            subjects: self.newspaper.regular(),
            employee: None,
            direction: Direction::Inbound,
            duration: Some(DurationMs(412_000)),
            outcome: Some(CallOutcome::Answered),
            text: ActivityText {
                subject: Some(PlainText::from("Продление первой полосы")), ..ActivityText::default()
            },
        };
        self.scribe.tell(anna, call)?;
        let renewal = ReachAgreement {
            agreement: self.chance.id(now),
            subjects: self.newspaper.regular(),
            employee: None,
            form: AgreementForm::Oral,
            valid: days(CONTRACT_DAYS, 2 * CONTRACT_DAYS),
            renews: Some(self.newspaper.contract),
            amount: money(520_000, "RUB"),
            terms: PlainText::from("Договорились по телефону: ещё год на первой полосе, бумаги позже"),
        };
        self.scribe.tell(anna, renewal)
    }

    fn front_page_is_almost_sold_twice(&mut self) -> Result<(), DemoError> {
        let emily = Some(self.seller(6));
        let now = self.scribe.now();
        let account = CreateAccount {
            account: self.newspaper.rival,
            subject: self.chance.id(now),
            kind: AccountKind::Company,
            name: PersonName::from("Harbour Motors Ltd"),
            emails: vec![Email::from("ads@harbour-motors.example.com")],
            phones: vec![Phone::from("+442071234560")],
            owner: emily,
            parent: None,
            attributes: Attributes::new(),
        };
        self.scribe.tell(emily, account)?;
        let agreement: AgreementId = self.chance.id(now);
        let sale = ReachAgreement {
            agreement,
            subjects: self.newspaper.newcomer(),
            employee: None,
            form: AgreementForm::Written,
            valid: days(370, 500),
            renews: None,
            amount: money(6_500, "EUR"),
            terms: PlainText::from("A place on the front or the back page"),
        };
        self.scribe.tell(emily, sale)?;
        let reserve = |reservation, resource| ReserveResource {
            reservation,
            resource,
            period: days(370, 500),
            basis: agreement,
            employee: None,
        };
        let front = reserve(self.chance.id(now), self.newspaper.front_page);
        self.must_be_refused(now, &front.into())?;
        let note = RecordNote {
            activity: self.chance.id(now),
            subjects: self.newspaper.newcomer(),
            employee: None,
            direction: None,
            kind: Some("CONFLICT".to_owned()),
            text: ActivityText {
                body: Some(PlainText::from("The front page is held by Anna's oral renewal; offered the back page")),
                ..ActivityText::default()
            },
        };
        self.scribe.tell(emily, note)?;
        self.scribe.tell(emily, reserve(self.newspaper.second, self.newspaper.back_page))
    }

    /// The place is taken by word of mouth: selling it again has to fail, or the story is not true.
    fn must_be_refused(&mut self, now: Timestamp, command: &Command) -> Result<(), DemoError> {
        let emily = Some(self.seller(6));
        match self.scribe.try_of(now, emily, command) {
            Err(TransactError::Refused(refused)) if refused.code == RefusalCode::Conflict => Ok(()),
            Err(source) => Err(DemoError::Refused { what: command.name(), source }),
            Ok(_) => Err(DemoError::SoldTwice),
        }
    }

    fn customer_thanks(&mut self) -> Result<(), DemoError> {
        let anna = Some(self.seller(0));
        let now = self.scribe.now();
        let mail = RecordEmail {
            activity: self.chance.id(now),
            subjects: self.newspaper.regular(),
            employee: None,
            direction: Direction::Inbound,
            text: ActivityText {
                subject: Some(PlainText::from("Подписанный договор и новый номер телефона")),
                body: Some(PlainText::from("Спасибо, что сдержали слово. Мой новый номер: +7 916 444-55-66")),
                ..ActivityText::default()
            },
        };
        self.scribe.tell(anna, mail)?;
        let update = UpdateContact {
            contact: self.newspaper.contact,
            name: None,
            emails: None,
            phones: Some(vec![Phone::from("+79161112233"), Phone::from("+79164445566")]),
            account: None,
            role: None,
        };
        self.scribe.tell(anna, update)
    }

    fn back_page_is_given_up(&mut self) -> Result<(), DemoError> {
        let emily = Some(self.seller(6));
        let reservation = self.newspaper.second;
        self.scribe.tell(emily, ReleaseReservation { reservation, employee: None })
    }
}
