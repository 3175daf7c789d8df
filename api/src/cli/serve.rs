//! `letopis serve`: GraphQL over HTTP and WebSocket, until a signal stops it.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::Log;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{DataFolder, Meter};
use crate::company::Company;
use crate::control::Control;
use crate::engine::Engine;
use crate::http::{self, Options};

/// How often the catch-up of the views is looked at.
const CATCH_UP_INTERVAL: Duration = Duration::from_millis(100);

/// What to serve, and where.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, env = "LETOPIS_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: SocketAddr,
}

/// Serves it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut company =
        Company::open_with(&arguments.folder.data, Arc::new(SystemEnvironment), &arguments.folder.options()?)?;
    company.follow()?;
    let served = runtime.block_on(serve(arguments, &company));
    // Requests that did not finish in time must not write any more.
    runtime.shutdown_timeout(Duration::from_secs(1));
    let closed = company.close();
    served?;
    closed.context("failed to stop cleanly")?;
    say("letopis stopped cleanly");
    Ok(())
}

async fn serve(arguments: &Arguments, company: &Company) -> anyhow::Result<()> {
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
    let engine = Engine::new(company.app()).map_err(anyhow::Error::msg)?;
    let folder = &arguments.folder.data;
    let control = Control::listen(folder, company.folder());
    // Without it everything works but what the command line asks of the folder that is served.
    let _control = control.inspect_err(|error| {
        tracing::warn!(folder = %folder.display(), %error, "the control socket could not be opened");
    });
    say(&format!("letopis is ready at http://{address}/"));
    say(&format!("GraphQL is at http://{address}/graphql, subscriptions at ws://{address}/graphql/ws"));
    http::serve(listener, Arc::new(engine), Options::default(), stop).await.context("failed to serve")
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
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
