//! `letopis serve`: GraphQL over HTTP and WebSocket, until a signal stops it.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::Log;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::doors::Doors;
use super::{DataFolder, Meter};
use crate::company::Company;
use crate::control::{API_KEYS_FILE, Control};
use crate::engine::Engine;
use crate::http::{self, Options};

/// How often the catch-up of the views is looked at.
const CATCH_UP_INTERVAL: Duration = Duration::from_millis(100);

/// What to serve, and where.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) folder: DataFolder,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, env = "LETOPIS_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: SocketAddr,
    /// Answers everybody on this machine as the administrator, without a key: for a demonstration. Refused where the
    /// address is not a loopback one.
    #[arg(long)]
    pub(super) demo: bool,
    /// A file (TOML) that says whose bearer tokens are accepted, see docs/identity.md.
    #[arg(long, env = "LETOPIS_OIDC", value_name = "FILE", conflicts_with = "demo")]
    pub(super) oidc: Option<PathBuf>,
    /// For how many days the access log is kept; for ever when absent.
    #[arg(long, env = "LETOPIS_ACCESS_LOG_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) access_log_days: Option<u32>,
}

/// Serves it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.demo && !arguments.listen.ip().is_loopback() {
        bail!("--demo answers everybody, so it listens on a loopback address only, and {} is none", arguments.listen);
    }
    if arguments.demo && arguments.folder.data.join(API_KEYS_FILE).exists() {
        let folder = arguments.folder.data.display();
        bail!("--demo answers everybody, and {folder} is no demonstration: somebody has an API key of it");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut company =
        Company::open_with(&arguments.folder.data, Arc::new(SystemEnvironment), &arguments.folder.options()?)?;
    company.follow()?;
    let doors = Doors::open(&company, arguments)?;
    let served = runtime.block_on(serve(arguments, &company, &doors));
    runtime.block_on(doors.close());
    // Requests that did not finish in time must not write any more.
    runtime.shutdown_timeout(Duration::from_secs(1));
    let closed = company.close();
    served?;
    closed.context("failed to stop cleanly")?;
    say("letopis stopped cleanly");
    Ok(())
}

async fn serve(arguments: &Arguments, company: &Company, doors: &Doors) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut stop = Box::pin(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    });
    tokio::select! {
        () = &mut stop => return Ok(()),
        () = catch_up(company) => {}
    }
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("failed to listen on {}: choose another --listen", arguments.listen))?;
    let address = listener.local_addr()?;
    let engine = Engine::new(company.app(Some(Arc::clone(&doors.access_log)))).map_err(anyhow::Error::msg)?;
    let folder = &arguments.folder.data;
    let control = Control::listen(folder, company.folder(doors.identity.clone(), Some(Arc::clone(&doors.access_log))));
    // Without it everything works but what the command line asks of the folder that is served.
    let _control = control.inspect_err(|error| {
        tracing::warn!(folder = %folder.display(), %error, "the control socket could not be opened");
    });
    say(&format!("letopis is ready at http://{address}/"));
    say(&format!("GraphQL is at http://{address}/graphql, subscriptions at ws://{address}/graphql/ws"));
    let _chores = doors.do_chores(Arc::clone(company.env()));
    http::serve(listener, Arc::new(engine), doors.gate(), Options::default(), stop).await.context("failed to serve")
}

/// Waits until the views have come as far as the log was at the start.
async fn catch_up(company: &Company) {
    let head = company.log().head();
    let from = company.views().applied();
    let mut meter = Meter::new("catching up", "events");
    loop {
        let applied = company.views().applied();
        if applied >= head || company.views().fault().is_some() {
            break;
        }
        meter.set(applied.0.saturating_sub(from.0), head.0.saturating_sub(from.0));
        tokio::time::sleep(CATCH_UP_INTERVAL).await;
    }
    meter.finish();
}

/// Writes a line to standard output; whoever closed it goes without, and the server goes on.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
