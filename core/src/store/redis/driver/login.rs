//! As whom to connect.

use std::fmt;

use crate::error::{Error, Result};

/// A user and a password; both may be missing.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
}

impl Login {
    /// Reads `user:password`, `:password` or `user`, percent-encoded.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let (user, password) = match text.split_once(':') {
            Some((user, password)) => (user, Some(decode(password)?)),
            None => (text, None),
        };
        let user = decode(user)?;
        Ok(Self { user: (!user.is_empty()).then_some(user), password })
    }
}

/// The password is not shown.
impl fmt::Debug for Login {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Undoes percent-encoding.
pub(super) fn decode(text: &str) -> Result<String> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(Into::into)
        .map_err(|_| Error::invalid("url is not UTF-8 once its %xx are decoded: accepted is UTF-8"))
}
