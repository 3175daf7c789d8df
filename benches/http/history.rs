//! A company whose customers have long timelines, in a data folder with its views.

use std::path::Path;
use std::sync::Arc;

use letopis::graphql::ids::global;
use letopis_benches::{Workload, fill};
use letopis_domain::ids::AccountId;
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{Options, RocksLog};
use letopis_projections::entries::AccountEntry;
use letopis_projections::page::{ListQuery, PageRequest};
use letopis_projections::reports::timeline::{TimelineOf, TimelineQuery};
use letopis_projections::{Between, View, Views};

use crate::PAGE;

/// Deals of a customer: with these, almost every customer has more than a page of entries.
const DEALS: u128 = 12;
/// Most customers that are asked for.
const ACCOUNTS_MAX: usize = 10_000;

/// Writes it; gives the global ids of the customers with a full page.
pub async fn write(folder: &Path, events: u64) -> anyhow::Result<Vec<String>> {
    let log = RocksLog::open(folder, Arc::new(SystemEnvironment), &Options::default())?;
    fill(&*log, &mut Workload::of_customers(1, DEALS), events).await?;
    let all: Arc<dyn Log> = Arc::<RocksLog>::clone(&log);
    let (views, _) = Views::open(all, &folder.join("views"))?;
    views.catch_up()?;
    let accounts = with_full_pages(&views.now())?;
    views.close()?;
    log.close()?;
    anyhow::ensure!(accounts.len() > 100, "{} customers have a full page: too few", accounts.len());
    Ok(accounts)
}

fn with_full_pages(view: &View) -> anyhow::Result<Vec<String>> {
    let listed =
        view.list::<AccountEntry>(&ListQuery { page: PageRequest::first(ACCOUNTS_MAX), ..ListQuery::default() })?;
    let mut accounts = Vec::new();
    for account in listed.nodes() {
        if has_full_page(view, account.id)? {
            accounts.push(global(account.id).0);
        }
    }
    Ok(accounts)
}

fn has_full_page(view: &View, account: AccountId) -> anyhow::Result<bool> {
    let query = TimelineQuery {
        of: TimelineOf::Account(account),
        types: Vec::new(),
        period: Between::default(),
        page: PageRequest::last(PAGE),
    };
    Ok(view.timeline(&query)?.nodes().len() == PAGE)
}
