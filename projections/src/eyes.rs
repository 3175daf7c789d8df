//! What a viewer sees of the rows: decided here, by the rights and the owners of now, for the past too.
//!
//! A row is seen by whoever reaches its owner. Beyond that, who owns an account sees what belongs to it; who owns a
//! lead, contact or deal sees its account; who owns a deal sees its contact; whoever has an open task about something
//! sees it. What is about several of them is seen by whoever sees each. Everything else, a hidden row among it, is
//! as if it was not there.

use letopis_domain::access::{Fields, Reach, Role};
use letopis_domain::event::{Event, Recorded};
use letopis_domain::values::Timestamp;
use uuid::Uuid;

use crate::facts::Facts;
use crate::models::activities::About;
use crate::models::directory::Who;
use crate::models::links::Member;
use crate::names::{Kind, Ref};
use crate::projection::privacy_events;
use crate::table::{Version, stands};

/// What one viewer sees, as of one position.
pub(crate) struct Eyes {
    /// The position whose owners count.
    at: u64,
    /// Of every row.
    base: Fields,
    /// Of the rows of nobody.
    unowned: Fields,
    /// Of the rows of each employee.
    by_employee: Vec<Fields>,
    /// Of what this machine recorded.
    recorder: Option<(Ref, Fields)>,
    /// Of what is about no customer.
    any: Fields,
}

/// The roles with which somebody looks.
pub(crate) struct Looking<'a> {
    pub(crate) employee: Ref,
    pub(crate) grants: &'a [(Role, Reach)],
    pub(crate) now: Timestamp,
}

impl Eyes {
    /// What these roles see, as of a position; none = everything.
    pub(crate) fn of(facts: &Facts, looking: &Looking<'_>, at: u64) -> Option<Self> {
        let none = Fields::NONE;
        let (by_employee, recorder) = (Vec::new(), None);
        let mut eyes = Self { at, base: none, unowned: none, by_employee, recorder, any: none };
        for (role, reach) in looking.grants {
            eyes.any = eyes.any.and(role.fields());
            eyes.reach(facts, looking.employee, *role, *reach);
        }
        let own = eyes.owner(looking.employee);
        for absence in facts.rights.absences.iter().filter(|absence| absence.is_on(looking.now, at)) {
            if absence.substitute == looking.employee {
                eyes.add(absence.employee, own);
            }
        }
        (eyes.base != Fields::EVERYTHING).then_some(eyes)
    }

    /// What is seen of what is about no customer.
    pub(crate) const fn any(&self) -> Fields {
        self.any
    }

    /// What is seen of every row.
    pub(crate) const fn base(&self) -> Fields {
        self.base
    }

    fn add(&mut self, employee: Ref, fields: Fields) {
        let Some(index) = employee.index() else { return };
        if self.by_employee.len() <= index {
            self.by_employee.resize(index + 1, Fields::NONE);
        }
        self.by_employee[index] = self.by_employee[index].and(fields);
    }

    fn reach(&mut self, facts: &Facts, employee: Ref, role: Role, reach: Reach) {
        let fields = role.fields();
        if role == Role::Integration {
            self.recorder = Some((employee, fields));
            return;
        }
        self.add(employee, fields);
        if reach == Reach::All {
            self.base = self.base.and(fields);
        }
        if reach != Reach::Own {
            self.unowned = self.unowned.and(fields);
        }
        let place = facts.directory.employees.as_of(employee, self.at).map(|of| (of.columns.team, of.columns.unit));
        let Some((team, unit)) = place else { return };
        let teams = if reach == Reach::Team { teams_below(facts, team, self.at) } else { Vec::new() };
        let standing = facts.directory.employees.standing(self.at);
        let reached: Vec<Ref> = standing
            .filter(|of| match reach {
                Reach::Team => teams.contains(&of.columns.team),
                Reach::Unit => !unit.is_none() && of.columns.unit == unit,
                Reach::Own | Reach::All => false,
            })
            .map(|of| of.entity)
            .collect();
        for colleague in reached {
            self.add(colleague, fields);
        }
    }

    fn owner(&self, owner: Ref) -> Fields {
        let own = match owner.index() {
            None => self.unowned,
            Some(index) => self.by_employee.get(index).copied().unwrap_or_default(),
        };
        self.base.and(own)
    }

    fn recorded(&self, facts: &Facts, position: u64) -> Fields {
        match self.recorder {
            Some((machine, fields)) if facts.rights.is_recorded_by(machine, position) => fields,
            _ => Fields::NONE,
        }
    }

    /// Of those who have an open task about it, unless they gave it to themselves.
    fn workers(&self, facts: &Facts, kind: Kind, entity: Ref) -> Fields {
        let tasks = facts
            .tasks
            .about(kind, entity)
            .filter(|task| stands(task.opened, task.closed, self.at) && task.scheduled_by != task.who.employee);
        tasks.fold(Fields::NONE, |fields, task| fields.and(self.of_who(task.who)))
    }

    /// Of somebody; nobody has nothing of their own here.
    fn of_who(&self, who: Who) -> Fields {
        if who.employee.is_none() { Fields::NONE } else { self.owner(who.employee) }
    }

    fn entity<C>(&self, facts: &Facts, kind: Kind, version: &Version<C>, who: Who) -> Fields {
        let own = self.owner(who.employee).and(self.recorded(facts, version.created));
        own.and(self.workers(facts, kind, version.entity))
    }

    fn of_account_owner(&self, facts: &Facts, account: Ref) -> Fields {
        let account = facts.accounts.versions.as_of(account, self.at);
        account.map_or(Fields::NONE, |of| self.of_who(of.columns.who))
    }

    fn lead(&self, facts: &Facts, lead: Ref) -> Fields {
        let Some(of) = facts.leads.versions.as_of(lead, self.at) else { return Fields::NONE };
        let own = self.entity(facts, Kind::Lead, of, of.columns.who);
        own.and(self.of_account_owner(facts, of.columns.account))
    }

    fn account(&self, facts: &Facts, account: Ref) -> Fields {
        let Some(of) = facts.accounts.versions.as_of(account, self.at) else { return Fields::NONE };
        let own = self.entity(facts, Kind::Account, of, of.columns.who);
        if own == Fields::EVERYTHING {
            return own;
        }
        let members = facts.links.of_account(account, self.at).filter(|link| link.closed == 0);
        members.fold(own, |fields, link| fields.and(self.of_who(self.owner_of(facts, link.member))))
    }

    fn owner_of(&self, facts: &Facts, member: Member) -> Who {
        let who = match member {
            Member::Lead(lead) => facts.leads.versions.as_of(lead, self.at).map(|of| of.columns.who),
            Member::Contact(contact) => facts.contacts.versions.as_of(contact, self.at).map(|of| of.columns.who),
            Member::Opportunity(deal) => facts.opportunities.versions.as_of(deal, self.at).map(|of| of.columns.who),
        };
        who.unwrap_or_default()
    }

    fn contact(&self, facts: &Facts, contact: Ref) -> Fields {
        let Some(of) = facts.contacts.versions.as_of(contact, self.at) else { return Fields::NONE };
        let own = self.entity(facts, Kind::Contact, of, of.columns.who);
        let own = own.and(self.of_account_owner(facts, of.columns.account));
        let lead = self.owner_of(facts, Member::Lead(of.columns.origin_lead));
        let deals = facts.opportunities.of_contact(contact).map(|deal| self.owner_of(facts, Member::Opportunity(deal)));
        deals.fold(own.and(self.of_who(lead)), |fields, who| fields.and(self.of_who(who)))
    }

    fn opportunity(&self, facts: &Facts, opportunity: Ref) -> Fields {
        let Some(of) = facts.opportunities.versions.as_of(opportunity, self.at) else { return Fields::NONE };
        let own = self.entity(facts, Kind::Opportunity, of, of.columns.who);
        let above = if of.columns.account.is_none() {
            self.of_who(self.owner_of(facts, Member::Contact(of.columns.contact)))
        } else {
            self.of_account_owner(facts, of.columns.account)
        };
        own.and(above)
    }

    /// Whether the owner of an entity is reached, by whatever else it may be seen.
    pub(crate) fn owns(&self, facts: &Facts, kind: Kind, entity: Ref) -> bool {
        let at = self.at;
        let who = match kind {
            Kind::Lead => facts.leads.versions.as_of(entity, at).map(|of| of.columns.who),
            Kind::Account => facts.accounts.versions.as_of(entity, at).map(|of| of.columns.who),
            Kind::Contact => facts.contacts.versions.as_of(entity, at).map(|of| of.columns.who),
            Kind::Opportunity => facts.opportunities.versions.as_of(entity, at).map(|of| of.columns.who),
            _ => None,
        };
        who.is_some_and(|who| self.owner(who.employee) == Fields::EVERYTHING)
    }

    /// Whether an employee is reached.
    pub(crate) fn reaches(&self, employee: Ref) -> bool {
        !employee.is_none() && self.owner(employee) == Fields::EVERYTHING
    }

    /// What is seen of an entity.
    pub(crate) fn of_entity(&self, facts: &Facts, kind: Kind, entity: Ref) -> Fields {
        match kind {
            Kind::Lead => self.lead(facts, entity),
            Kind::Account => self.account(facts, entity),
            Kind::Contact => self.contact(facts, entity),
            Kind::Opportunity => self.opportunity(facts, entity),
            Kind::Task => {
                facts.tasks.find(entity).map_or(Fields::NONE, |task| self.about(facts, task.about, task.opened))
            }
            Kind::Agreement => {
                let found = facts.agreements.find(entity);
                found.map_or(Fields::NONE, |agreement| self.about(facts, agreement.about, agreement.opened))
            }
            Kind::Reservation => {
                let found = facts.agreements.find_reservation(entity);
                found.map_or(Fields::NONE, |held| self.about(facts, held.about, held.opened))
            }
            Kind::Employee | Kind::Team | Kind::Unit | Kind::Pipeline | Kind::Resource => self.any,
        }
    }

    /// What is seen of something about these four, which was recorded at a position.
    pub(crate) fn about(&self, facts: &Facts, about: About, opened: u64) -> Fields {
        let named = [
            (Kind::Lead, about.lead),
            (Kind::Account, about.account),
            (Kind::Contact, about.contact),
            (Kind::Opportunity, about.opportunity),
        ];
        self.each(facts, named.into_iter().filter(|(_, entity)| !entity.is_none())).and(self.recorded(facts, opened))
    }

    /// What is seen of all of these together.
    fn each(&self, facts: &Facts, entities: impl Iterator<Item = (Kind, Ref)>) -> Fields {
        let mut fields = None;
        for (kind, entity) in entities {
            let of = self.of_entity(facts, kind, entity);
            fields = Some(fields.map_or(of, |fields: Fields| fields.only(of)));
        }
        fields.unwrap_or(self.any)
    }

    /// What is seen of an event. Of one that is about a person and nothing else, by whoever reaches everything.
    pub(crate) fn event(&self, facts: &Facts, event: &Recorded) -> Fields {
        let own = self.recorded(facts, event.position.0);
        let seen = match &event.event {
            privacy_events!() | Event::RequestSettled(_) => self.base,
            other => {
                let tags = other.tags();
                let named = tags.as_slice().iter().filter_map(|tag| named(facts, tag.as_str()));
                self.each(facts, named)
            }
        };
        own.and(seen)
    }
}

/// The teams of a tree, its top among them.
fn teams_below(facts: &Facts, top: Ref, at: u64) -> Vec<Ref> {
    if top.is_none() {
        return Vec::new();
    }
    let mut found = vec![top];
    let mut next = 0;
    while let Some(above) = found.get(next).copied() {
        let below = facts.directory.teams.standing(at).filter(|team| team.columns.parent == above);
        let below: Vec<Ref> = below.map(|team| team.entity).filter(|team| !found.contains(team)).collect();
        found.extend(below);
        next += 1;
    }
    found
}

/// The customer, task or agreement of a tag.
fn named(facts: &Facts, tag: &str) -> Option<(Kind, Ref)> {
    let (kind, id) = tag.split_once(':')?;
    let kind = protected(kind)?;
    let id = Uuid::parse_str(id).ok()?;
    Some((kind, facts.names.ids[kind as usize].find(&id)))
}

/// The kinds of entity that have owners, by the prefix of their tags.
pub(crate) fn protected(prefix: &str) -> Option<Kind> {
    use letopis_domain::ids::{AccountId, AgreementId, ContactId, LeadId, OpportunityId, ReservationId, TaskId};
    Some(match prefix {
        LeadId::PREFIX => Kind::Lead,
        AccountId::PREFIX => Kind::Account,
        ContactId::PREFIX => Kind::Contact,
        OpportunityId::PREFIX => Kind::Opportunity,
        TaskId::PREFIX => Kind::Task,
        AgreementId::PREFIX => Kind::Agreement,
        ReservationId::PREFIX => Kind::Reservation,
        _ => return None,
    })
}
