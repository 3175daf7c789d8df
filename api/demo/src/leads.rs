//! Leads: they arrive, are called, become deals, are set aside, rejected, and sometimes come back.

use letopis_domain::account::AccountKind;
use letopis_domain::activity::{ActivityText, CallOutcome, Direction, RecordCall, RecordMessage, RecordNote, Subjects};
use letopis_domain::ids::EmployeeId;
use letopis_domain::lead::{
    AssignLead, ConversionAccount, ConversionContact, ConversionOpportunity, ConvertLead, QualifyLead, ReceiveLead,
    RecycleLead, RejectLead, ReopenLead,
};
use letopis_domain::task::{CompleteTask, ScheduleTask, TaskKind};
use letopis_domain::values::{
    AttributeValue, Attributes, Currency, Date, DurationMs, Email, Money, PersonName, Phone, Timestamp,
};
use rust_decimal::Decimal;

use super::calendar::{HOUR, is_working, working_time};
use super::names::{Customer, customer};
use super::phrases::{CALL_TOPICS, INQUIRIES, NOT_INTERESTED, NOTES, say, text};
use super::scribe::DemoError;
use super::world::{Deal, Lead, Step, World};

/// Sources of leads, and how often each.
const SOURCES: [(&str, &str, u32); 5] = [
    ("website", "web", 40),
    ("paid_search", "web", 20),
    ("phone", "phone", 18),
    ("referral", "email", 12),
    ("trade_fair", "personal", 10),
];

impl World {
    /// A lead arrives and gets an owner and a task.
    pub fn lead_arrives(&mut self) -> Result<(), DemoError> {
        let now = self.scribe.now();
        let customer = customer(&mut self.chance);
        let owner = self.pick_seller();
        let source = SOURCES[self.chance.weighted(&SOURCES.map(|source| source.2))];
        let is_call = source.0 == "phone" && is_working(now);
        let actor = if is_call { self.seller(owner) } else { self.company.web };
        let lead = Lead {
            id: self.chance.id(now),
            subject: self.chance.id(now),
            customer,
            owner,
            task: None,
            is_second_chance: false,
            is_open: true,
        };
        let number = self.leads.len();
        let command = self.receive(&lead, source);
        self.leads.push(lead);
        self.scribe.tell(Some(actor), command)?;
        if is_call {
            self.call(number, Direction::Inbound, Some((CallOutcome::Answered, 180)))?;
        }
        self.turn_to(number)
    }

    fn receive(&mut self, lead: &Lead, source: (&str, &str, u32)) -> ReceiveLead {
        let customer = &lead.customer;
        let budget = self.chance.between(2, 60) * 5_000;
        let region = match (customer.is_russian, self.chance.between(0, 9)) {
            (false, _) => "abroad",
            (true, 0..=5) => "moscow",
            (true, 6..=7) => "petersburg",
            _ => "regions",
        };
        let mut attributes = Attributes::from([("region".to_owned(), AttributeValue::Text(region.to_owned()))]);
        let has_budget = self.chance.percent(45);
        if has_budget {
            attributes.insert("budget".to_owned(), AttributeValue::Number(budget.into()));
        }
        ReceiveLead {
            lead: lead.id,
            subject: lead.subject,
            source: Some(source.0.to_owned()),
            channel: Some(source.1.to_owned()),
            campaign: self.chance.percent(40).then(|| campaign(self.scribe.now())),
            owner: Some(self.seller(lead.owner)),
            amount: has_budget.then(|| money(budget, currency(customer))).flatten(),
            name: Some(PersonName::from(customer.name.as_str())),
            company: customer.company.as_deref().map(PersonName::from),
            emails: vec![Email::from(customer.email.as_str())],
            phones: vec![Phone::from(customer.phone.as_str())],
            message: Some(say(INQUIRIES, customer.is_russian, &mut self.chance)),
            attributes,
        }
    }

    /// The owner takes a lead on: a task, and a first call. Whoever dumps leads leaves most of them alone.
    fn turn_to(&mut self, lead: usize) -> Result<(), DemoError> {
        let owner = self.leads[lead].owner;
        let minutes = self.chance.between(240, 1_200);
        let due_at = working_time(self.scribe.now(), minutes, &mut self.chance);
        let task = self.chance.id(self.scribe.now());
        self.leads[lead].task = Some(task);
        let employee = self.seller(owner);
        let title = Some(text(("Позвонить клиенту", "Call the customer"), self.leads[lead].customer.is_russian));
        let subjects = self.about_lead(lead);
        let actor = self.company.web;
        let scheduled = ScheduleTask { task, subjects, employee: Some(employee), kind: TaskKind::Call, due_at, title };
        self.scribe.tell(Some(actor), scheduled)?;
        let habit = self.company.sellers[owner].habit;
        if habit.is_dumper && self.chance.percent(75) {
            self.company.sellers[owner].idle.push(lead);
        } else {
            self.later(habit.first_call_minutes, Step::Attempt(lead, 1));
        }
        Ok(())
    }

    /// The owner calls a lead.
    pub fn attempt(&mut self, lead: usize, attempt: u32) -> Result<(), DemoError> {
        if !self.leads[lead].is_open {
            return Ok(());
        }
        let habit = self.company.sellers[self.leads[lead].owner].habit;
        if self.chance.percent(habit.answered_percent) {
            let seconds = self.chance.between(45, 900);
            self.call(lead, Direction::Outbound, Some((CallOutcome::Answered, seconds)))?;
            self.done(lead)?;
            return self.after_talk(lead);
        }
        let outcomes = [CallOutcome::NoAnswer, CallOutcome::NoAnswer, CallOutcome::Busy, CallOutcome::Voicemail];
        let outcome = *self.chance.one_of(&outcomes);
        let seconds = self.chance.between(12, 28);
        self.call(lead, Direction::Outbound, Some((outcome, seconds)))?;
        if attempt < habit.attempts {
            if self.chance.percent(30) {
                self.message(lead)?;
            }
            self.later((300, 1_500), Step::Attempt(lead, attempt + 1));
            return Ok(());
        }
        self.done(lead)?;
        self.reject(lead, "NO_ANSWER", None)
    }

    /// What a talk leads to.
    fn after_talk(&mut self, lead: usize) -> Result<(), DemoError> {
        let habit = self.company.sellers[self.leads[lead].owner].habit;
        let is_russian = self.leads[lead].customer.is_russian;
        if self.chance.percent(habit.notes_percent) {
            let (now, owner) = (self.scribe.now(), self.seller(self.leads[lead].owner));
            let note = RecordNote {
                activity: self.chance.id(now),
                subjects: self.about_lead(lead),
                employee: None,
                direction: None,
                kind: None,
                text: ActivityText { body: Some(say(NOTES, is_russian, &mut self.chance)), ..ActivityText::default() },
            };
            self.scribe.tell(Some(owner), note)?;
        }
        let bonus = if self.leads[lead].is_second_chance { 15 } else { 0 };
        if self.chance.percent(habit.qualifies_percent + bonus) {
            return self.convert(lead);
        }
        if self.chance.percent(40) {
            return self.recycle(lead);
        }
        let reason = *self.chance.one_of(&["NOT_INTERESTED", "NOT_INTERESTED", "NO_BUDGET", "WRONG_CONTACT", "OTHER"]);
        let comment = say(NOT_INTERESTED, is_russian, &mut self.chance).0;
        let has_comment = reason == "OTHER" || self.chance.percent(habit.notes_percent);
        self.reject(lead, reason, has_comment.then_some(comment.as_str()))
    }

    /// A rejection, after which few come back.
    pub fn reject(&mut self, lead: usize, reason: &str, comment: Option<&str>) -> Result<(), DemoError> {
        let owner = self.seller(self.leads[lead].owner);
        let rejected = RejectLead {
            lead: self.leads[lead].id,
            reason: reason.to_owned(),
            comment: comment.map(Into::into),
            employee: None,
        };
        self.leads[lead].is_open = false;
        self.scribe.tell(Some(owner), rejected)?;
        if !self.leads[lead].is_second_chance && self.chance.percent(6) {
            self.later((8_000, 60_000), Step::ComeBack(lead));
        }
        Ok(())
    }

    fn recycle(&mut self, lead: usize) -> Result<(), DemoError> {
        let owner = self.seller(self.leads[lead].owner);
        let days = self.chance.between(30, 120);
        let recycled = RecycleLead {
            lead: self.leads[lead].id,
            reason: (*self.chance.one_of(&["LATER", "NEXT_BUDGET"])).to_owned(),
            revisit_on: Some(day(self.days_from_now(days))),
            comment: None,
            employee: None,
        };
        self.leads[lead].is_open = false;
        self.scribe.tell(Some(owner), recycled)?;
        if !self.leads[lead].is_second_chance && self.chance.percent(60) {
            let at = working_time(self.days_from_now(days), 30, &mut self.chance);
            self.queue(at, Step::ComeBack(lead));
        }
        Ok(())
    }

    /// A lead comes back and is given to someone who works.
    pub fn lead_comes_back(&mut self, lead: usize) -> Result<(), DemoError> {
        if self.leads[lead].is_second_chance {
            return Ok(());
        }
        let owner = self.pick_diligent();
        let actor = Some(self.seller(owner));
        let id = self.leads[lead].id;
        self.scribe.tell(actor, ReopenLead { lead: id, comment: None, employee: None })?;
        if self.leads[lead].owner != owner {
            self.scribe.tell(actor, AssignLead { lead: id, owner: actor })?;
        }
        let lead_now = &mut self.leads[lead];
        (lead_now.owner, lead_now.is_open, lead_now.is_second_chance) = (owner, true, true);
        self.turn_to(lead)
    }

    fn convert(&mut self, number: usize) -> Result<(), DemoError> {
        let now = self.scribe.now();
        let lead = self.leads[number].clone();
        let actor = self.seller(lead.owner);
        self.scribe.tell(Some(actor), QualifyLead { lead: lead.id, employee: None })?;
        let pipeline = usize::from(self.company.sellers[lead.owner].habit.team == 2);
        let deal = self.new_deal(pipeline, lead.owner, &lead.customer);
        let is_company = lead.customer.company.is_some();
        let (kind, subject) =
            if is_company { (AccountKind::Company, self.chance.id(now)) } else { (AccountKind::Private, lead.subject) };
        let days = self.chance.between(20, 90);
        let command = ConvertLead {
            lead: lead.id,
            account: ConversionAccount::New { account: deal.account, subject, kind, name: None },
            contact: deal.contact.filter(|_| is_company).map(ConversionContact::New),
            opportunity: Some(ConversionOpportunity {
                opportunity: deal.id,
                pipeline: self.company.pipelines[pipeline],
                stage: None,
                amount: money(deal.amount, deal.currency),
                expected_close: Some(day(self.days_from_now(days))),
                title: Some(say(INQUIRIES, lead.customer.is_russian, &mut self.chance)),
            }),
            employee: None,
        };
        self.leads[number].is_open = false;
        self.scribe.tell(Some(actor), command)?;
        let contact = deal.contact.filter(|_| is_company);
        self.deals.push(Deal { contact, ..deal });
        self.later((200, 1_500), Step::Work(self.deals.len() - 1));
        Ok(())
    }

    fn done(&mut self, lead: usize) -> Result<(), DemoError> {
        let owner = self.seller(self.leads[lead].owner);
        match self.leads[lead].task.take() {
            Some(task) => self.scribe.tell(Some(owner), CompleteTask { task, comment: None }),
            None => Ok(()),
        }
    }

    /// A call with a lead; the outcome and its seconds.
    pub fn call(
        &mut self,
        lead: usize,
        direction: Direction,
        outcome: Option<(CallOutcome, i64)>,
    ) -> Result<(), DemoError> {
        let customer = &self.leads[lead].customer;
        let (is_russian, phone) = (customer.is_russian, Phone::from(customer.phone.as_str()));
        let owner = self.seller(self.leads[lead].owner);
        let seconds = outcome.map_or(0, |(_, seconds)| seconds);
        let millis = u64::try_from(seconds * 1_000 + self.chance.between(0, 999)).unwrap_or(0);
        let is_talk = outcome.is_some_and(|(outcome, _)| outcome == CallOutcome::Answered);
        let subject = is_talk.then(|| say(CALL_TOPICS, is_russian, &mut self.chance));
        let command = RecordCall {
            activity: self.chance.id(self.scribe.now()),
            subjects: self.about_lead(lead),
            employee: None,
            direction,
            duration: Some(DurationMs(millis)),
            outcome: outcome.map(|(outcome, _)| outcome),
            text: ActivityText { subject, phone: Some(phone), ..ActivityText::default() },
        };
        self.scribe.tell(Some(owner), command)
    }

    fn message(&mut self, lead: usize) -> Result<(), DemoError> {
        let owner = self.seller(self.leads[lead].owner);
        let is_russian = self.leads[lead].customer.is_russian;
        let body = text(("Не смогли дозвониться, когда удобно поговорить?", "When can we call you?"), is_russian);
        let command = RecordMessage {
            activity: self.chance.id(self.scribe.now()),
            subjects: self.about_lead(lead),
            employee: None,
            direction: Direction::Outbound,
            channel: Some(if is_russian { "telegram" } else { "whatsapp" }.to_owned()),
            text: ActivityText { body: Some(body), ..ActivityText::default() },
        };
        self.scribe.tell(Some(owner), command)
    }

    /// The employee behind a number.
    pub fn seller(&self, number: usize) -> EmployeeId {
        self.company.sellers[number].id
    }

    fn about_lead(&self, lead: usize) -> Subjects {
        Subjects { lead: Some(self.leads[lead].id), ..Subjects::default() }
    }
}

/// Which campaign runs.
fn campaign(at: Timestamp) -> String {
    let date = at.plus_ms(3 * HOUR).to_datetime();
    let year = date.format("%Y");
    let season =
        ["winter", "spring", "summer", "autumn"][usize::try_from(chrono::Datelike::month0(&date) / 3).unwrap_or(0)];
    format!("{season}-{year}")
}

/// The day of an instant in Moscow.
pub fn day(at: Timestamp) -> Date {
    Date(at.plus_ms(3 * HOUR).to_datetime().date_naive())
}

/// What a customer pays in.
pub const fn currency(customer: &Customer) -> &'static str {
    if customer.is_russian { "RUB" } else { "EUR" }
}

/// An amount. in a currency of ISO 4217; none when there is no such currency.
pub fn money(amount: i64, currency: &str) -> Option<Money> {
    Some(Money { amount: Decimal::from(amount), currency: currency.parse::<Currency>().ok()? })
}
