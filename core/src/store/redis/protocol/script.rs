//! A script that runs on the server, named by the digest of its text.

use std::sync::OnceLock;

use sha1_smol::Sha1;

/// A script and, once it was asked for, the digest by which `EVALSHA` names it.
#[derive(Debug)]
pub struct Script {
    /// The verb.
    pub name: &'static str,
    /// The whole text.
    pub text: &'static str,
    digest: OnceLock<String>,
}

impl Script {
    /// Names a script.
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text, digest: OnceLock::new() }
    }

    /// Gives the SHA-1 of the text in hexadecimal digits.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| Sha1::from(self.text).digest().to_string())
    }
}
