//! A script that runs on the server, named by the digest of its text.

use once_cell::race::OnceBox;
use sha1_smol::Sha1;

use super::scripts::TEXT_ARGUMENTS;

/// A script and, once they were asked for, its text and the digest by which `EVALSHA` names it.
#[derive(Debug)]
pub struct Script {
    /// The verb.
    pub name: &'static str,
    /// Put together only when needed: most scripts have most parts in common, and their texts as
    /// such would be several times the size of everything else in a WebAssembly module.
    parts: &'static [&'static str],
    /// Several threads may put it together at once. None waits for another, which the child of a fork
    /// may not have.
    binary: OnceBox<Form>,
    text: OnceBox<Form>,
}

/// A script as a server gets to know it.
#[derive(Debug)]
pub struct Form {
    /// The whole text.
    pub text: String,
    /// The SHA-1 of the text in hexadecimal digits.
    pub digest: String,
}

impl Script {
    /// Names a script of these parts.
    pub const fn new(name: &'static str, parts: &'static [&'static str]) -> Self {
        Self { name, parts, binary: OnceBox::new(), text: OnceBox::new() }
    }

    /// Gives the whole text.
    pub fn text(&self) -> &str {
        &self.binary().text
    }

    /// Gives the SHA-1 of the text in hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.binary().digest
    }

    /// Gives the script for arguments that come as [`super::Request::words_as_text`] gives them.
    pub fn for_text(&self) -> &Form {
        self.text.get_or_init(|| Box::new(Form::of([TEXT_ARGUMENTS].iter().chain(self.parts))))
    }

    fn binary(&self) -> &Form {
        self.binary.get_or_init(|| Box::new(Form::of(self.parts.iter())))
    }
}

impl Form {
    fn of<'a>(parts: impl Iterator<Item = &'a &'a str>) -> Self {
        let text: String = parts.flat_map(|part| [part, "\n"]).collect();
        let digest = Sha1::from(&text).digest().to_string();
        Self { text, digest }
    }
}
