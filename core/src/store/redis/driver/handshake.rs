//! From a connection to one that knows who we are.

use std::time::{Duration, Instant};

use redis::{Cmd, cmd};

use crate::store::redis::driver::closing::Closing;
use crate::store::redis::driver::endpoint::Endpoint;
use crate::store::redis::driver::link::Link;
use crate::store::redis::driver::login::Login;
use crate::store::redis::driver::tls::Tls;
use crate::store::redis::driver::trouble::Trouble;
use crate::store::redis::protocol::{Remedy, Reply, ServerError};

/// As whom and how to connect to a node.
#[derive(Clone, Copy)]
pub(super) struct Door<'a> {
    pub(super) login: &'a Login,
    pub(super) database: u32,
    pub(super) tls: Option<&'a Tls>,
    pub(super) timeout: Duration,
    pub(super) closing: &'a Closing,
}

impl Door<'_> {
    /// Connects, logs in and chooses the database. A server that needs neither is told nothing:
    /// some proxies hang up on what they do not know.
    pub(super) fn open(&self, endpoint: &Endpoint) -> Result<Link, Trouble> {
        let deadline = Instant::now() + self.timeout;
        let mut link = Link::connect(endpoint, self.tls, self.timeout)?;
        let mut steps = Vec::new();
        if let Some(password) = &self.login.password {
            let mut auth = cmd("AUTH");
            if let Some(user) = &self.login.user {
                auth.arg(user);
            }
            auth.arg(password);
            steps.push(auth);
        }
        if self.database != 0 {
            let mut select = cmd("SELECT");
            select.arg(self.database);
            steps.push(select);
        }
        for step in &steps {
            link.add(step);
        }
        link.send(deadline, self.closing)?;
        for _ in &steps {
            link.receive(deadline, self.closing)?.map_err(refused)?;
        }
        Ok(link)
    }

    /// Sends one command on a connection that this door opened.
    pub(super) fn ask(&self, link: &mut Link, command: &Cmd) -> Result<Reply, Trouble> {
        let deadline = Instant::now() + self.timeout;
        link.add(command);
        link.send(deadline, self.closing)?;
        link.receive(deadline, self.closing)?.map_err(refused)
    }
}

/// Tells whether a refusal may pass.
pub(super) fn refused(error: ServerError) -> Trouble {
    match error.remedy() {
        Remedy::Tell => Trouble::Final(error.error()),
        _ => Trouble::Refused(error),
    }
}
