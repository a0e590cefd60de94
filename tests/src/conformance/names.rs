//! Names of ids and tokens.

use std::fmt::Display;

use super::text::{decode, sentence};

/// What was bound, the oldest first.
#[derive(Default)]
pub struct Names {
    ids: Vec<Bound>,
    tokens: Vec<Bound>,
}

struct Bound {
    name: String,
    handle: String,
    text: String,
}

impl Names {
    pub fn bind_ids<T: Display>(&mut self, handle: &str, names: &[&str], ids: &[T]) {
        bind(&mut self.ids, handle, names, ids);
    }

    pub fn bind_tokens<T: Display>(&mut self, handle: &str, names: &[&str], tokens: &[T]) {
        bind(&mut self.tokens, handle, names, tokens);
    }

    /// Gives the text of an id or a token that a call names.
    pub fn resolve(&self, value: &str) -> String {
        let Some(name) = value.strip_prefix('$') else {
            return String::from_utf8(decode(value)).expect("UTF-8");
        };
        let mut bound = self.ids.iter().chain(&self.tokens).rev();
        let bound = bound.find(|bound| bound.name == name);
        bound.unwrap_or_else(|| panic!("${name} is not bound")).text.clone()
    }

    pub fn id(&self, handle: &str, id: impl Display) -> String {
        shown(&self.ids, handle, &id.to_string())
    }

    pub fn token(&self, handle: &str, token: impl Display) -> String {
        shown(&self.tokens, handle, &token.to_string())
    }

    /// Shows the sentence of an error.
    pub fn sentence(&self, message: &str) -> String {
        let name = |message: String, bound: &Bound| {
            message.replace(&format!("\"{}\"", bound.text), &format!("${}", bound.name))
        };
        sentence(&self.tokens.iter().fold(message.to_owned(), name))
    }
}

fn bind<T: Display>(all: &mut Vec<Bound>, handle: &str, names: &[&str], texts: &[T]) {
    for (name, text) in names.iter().zip(texts) {
        let (name, handle) = ((*name).to_owned(), handle.to_owned());
        all.push(Bound { name, handle, text: text.to_string() });
    }
}

fn shown(all: &[Bound], handle: &str, text: &str) -> String {
    let mut bound = all.iter().filter(|bound| bound.handle == handle && bound.text == text);
    bound.next().map_or("?".to_owned(), |bound| format!("${}", bound.name))
}
