//! Others who write while an import runs: nothing is recorded twice, and the counts are right.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use letopis_domain::command::Command;
use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::{Position, RequestId};
use letopis_domain::query::Query;
use letopis_domain::values::Timestamp;
use letopis_eventlog::environment::Environment;
use letopis_eventlog::error::ReadError;
use letopis_eventlog::keys::{ExternalIds, RequestHasher};
use letopis_eventlog::log::{AppendFuture, AppendRequest, Log, Match, PositionFuture, Range, RequestRecord};
use letopis_eventlog::transact::{Envelope, transact};
use tokio::sync::watch;

use crate::company::Company;

/// Accounts whose names may change.
const ACCOUNTS: &str = r#"
    namespace = "test"
    [[section]]
    name = "accounts"
    header = ["id", "name"]
    identity = "${id}"
    occurred_at = "2025-01-01T00:00:00Z"
    [[section.command]]
    command = "CreateAccount"
    fields = { account = "${id | id account}", subject = "${id | id subject}", kind = "COMPANY", name = "${name}" }
    [section.command.revise]
    command = "UpdateAccount"
    fields = { account = "${id | id account}", name = "${name}" }
"#;

#[test]
fn a_batch_that_is_carried_out_anew_counts_what_it_recorded() {
    let mut company = Company::new();
    company.import_by(ACCOUNTS, &[company.file("accounts.csv", "id,name\n2,Vega\n")]).unwrap();
    let env: Arc<dyn Environment> = Arc::clone(&company.env);
    let rival = Rival { log: Arc::clone(&company.log), env, has_written: AtomicBool::new(false) };
    company.log = Arc::new(rival);

    let rows = "id,name\n1,Acme\n2,Vega Ltd\n2,Vega Ltd\n3,Lyra\n2,Vega\n";
    let summary = company.import_by(ACCOUNTS, &[company.file("accounts.csv", rows)]).unwrap();

    let events: Vec<String> = company.events().iter().map(|event| event.event.event_type().to_string()).collect();
    assert_eq!(events.iter().filter(|name| *name == "AccountCreated").count(), 3, "{events:?}");
    assert_eq!(events.iter().filter(|name| *name == "AccountUpdated").count(), 2, "{events:?}");
    let total = summary.total;
    assert_eq!((total.rows, total.accepted, total.duplicates, total.rejected), (5, 3, 2, 0), "{}", company.rejects());
    assert_eq!(total.events, 3, "the rival's account is none of the import's");
}

/// A log beside which another writer creates each account named Lyra just before the import does.
struct Rival {
    log: Arc<dyn Log>,
    env: Arc<dyn Environment>,
    has_written: AtomicBool,
}

/// The command that creates the account named Lyra, when the request is about that.
fn creates_lyra(request: &AppendRequest) -> Option<Command> {
    request.requests.iter().flat_map(|request| &request.events).find_map(|event| match &event.event {
        Event::AccountCreated(created)
            if created.personal.known().is_some_and(|known| known.details.name.0 == "Lyra") =>
        {
            let text = serde_json::json!({ "CreateAccount": {
                "account": created.account, "subject": created.subject, "kind": "COMPANY", "name": "Lyra",
            } });
            Some(serde_json::from_value(text).unwrap())
        }
        _ => None,
    })
}

impl Log for Rival {
    fn append(&self, request: AppendRequest) -> AppendFuture {
        let created = creates_lyra(&request).filter(|_| !self.has_written.swap(true, Ordering::Relaxed));
        let (log, env) = (Arc::clone(&self.log), Arc::clone(&self.env));
        Box::pin(async move {
            if let Some(command) = created {
                let at: Timestamp = serde_json::from_value("2025-01-01T00:00:00Z".into()).unwrap();
                let envelope = Envelope { occurred_at: Some(at), ..Envelope::default() };
                transact(&*log, &*env, &command, &envelope).await.unwrap();
            }
            log.append(request).await
        })
    }

    fn head(&self) -> Position {
        self.log.head()
    }

    fn watch_head(&self) -> watch::Receiver<Position> {
        self.log.watch_head()
    }

    fn read(&self, query: &Query, range: Range) -> Result<Vec<Arc<Recorded>>, ReadError> {
        self.log.read(query, range)
    }

    fn find(&self, query: &Query, range: Range) -> Result<Vec<Match>, ReadError> {
        self.log.find(query, range)
    }

    fn get(&self, position: Position) -> Result<Option<Arc<Recorded>>, ReadError> {
        self.log.get(position)
    }

    fn request_hasher(&self) -> RequestHasher {
        self.log.request_hasher()
    }

    fn external_ids(&self) -> ExternalIds {
        self.log.external_ids()
    }

    fn find_request(&self, id: &RequestId) -> Result<Option<RequestRecord>, ReadError> {
        self.log.find_request(id)
    }

    fn position_at(&self, at: Timestamp) -> PositionFuture {
        self.log.position_at(at)
    }
}
