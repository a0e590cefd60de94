//! Texts that go out: with their length, and with a NUL after them.

use std::ffi::{c_char, c_void};
use std::fmt::{Display, Write};
use std::mem::MaybeUninit;
use std::ptr;

/// A text in the form in which C programs read it: with a NUL at its end.
pub struct Text(String);

impl From<String> for Text {
    fn from(mut text: String) -> Self {
        text.reserve_exact(1);
        text.push('\0');
        Self(text)
    }
}

impl Text {
    /// Makes the text of an id or of a token: room is made once, and not while it grows.
    pub fn of(name: impl Display) -> Self {
        let mut text = String::with_capacity(48);
        // A String takes all that is written to it.
        let _ = write!(text, "{name}\0");
        Self(text)
    }

    /// Gives the text as Rust reads it.
    pub fn as_str(&self) -> &str {
        self.0.strip_suffix('\0').unwrap_or(&self.0)
    }

    /// Gives the text; it lives as long as `self`.
    pub fn show(&self, length: Option<&mut MaybeUninit<usize>>) -> *const c_char {
        set_length(length, self.0.len() - 1);
        self.0.as_ptr().cast()
    }
}

/// Gives a text that may be missing: then NULL, with length 0.
pub fn show(text: Option<&Text>, length: Option<&mut MaybeUninit<usize>>) -> *const c_char {
    match text {
        Some(text) => text.show(length),
        None => {
            set_length(length, 0);
            ptr::null()
        }
    }
}

/// Tells a length where it is wanted.
pub fn set_length(slot: Option<&mut MaybeUninit<usize>>, length: usize) {
    if let Some(slot) = slot {
        slot.write(length);
    }
}

/// Gives the texts of constants.
pub fn texts<const N: usize>(texts: [&str; N]) -> Vec<Text> {
    texts.into_iter().map(|text| Text::from(text.to_owned())).collect()
}

/// Gives the text of a number that counts from 1, if there is one.
pub fn numbered(texts: &[Text], number: i32) -> Option<&Text> {
    usize::try_from(number).ok()?.checked_sub(1).and_then(|index| texts.get(index))
}

/// Gives bytes and their length; NULL for none.
pub fn show_bytes(bytes: &[u8], length: Option<&mut MaybeUninit<usize>>) -> *const c_void {
    set_length(length, bytes.len());
    if bytes.is_empty() { ptr::null() } else { bytes.as_ptr().cast() }
}
