//! One line: a verb and its arguments.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use fairlane::clock::{Millis, duration};
use fairlane::{Rate, Result, convert, given};

use super::text::decode;
use crate::stores::DAWN;

/// A call, of which each argument is taken once.
pub struct Line<'a> {
    text: &'a str,
    pub verb: &'a str,
    arguments: BTreeMap<&'a str, &'a str>,
}

impl<'a> Line<'a> {
    pub fn parse(text: &'a str) -> Self {
        let mut words = text.split(' ');
        let verb = words.next().unwrap_or_default();
        let argument = |word: &'a str| {
            word.split_once('=').unwrap_or_else(|| panic!("{word:?} is no argument: {text}"))
        };
        Self { text, verb, arguments: words.map(argument).collect() }
    }

    /// Takes an argument as it stands.
    pub fn raw(&mut self, name: &str) -> Option<&'a str> {
        self.arguments.remove(name)
    }

    /// Gives an argument as it stands, and leaves it there.
    pub fn peek(&self, name: &str) -> Option<&'a str> {
        self.arguments.get(name).copied()
    }

    /// Takes a list as it stands.
    pub fn list(&mut self, name: &str) -> Option<Vec<&'a str>> {
        let text = self.raw(name)?;
        Some(if text.is_empty() { Vec::new() } else { text.split(',').collect() })
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        self.raw(name).map(|text| String::from_utf8(decode(text)).expect("UTF-8"))
    }

    pub fn number(&mut self, name: &str) -> Option<i64> {
        self.raw(name).map(|text| self.parsed(text))
    }

    /// Takes a number of things.
    pub fn count(&mut self, name: &str) -> Option<usize> {
        self.raw(name).map(|text| self.parsed(text))
    }

    pub fn truth(&mut self, name: &str) -> Option<bool> {
        self.raw(name).map(|text| self.parsed(text))
    }

    /// Takes a length of time, converted and refused as hosts do.
    pub fn span(&mut self, name: &str) -> Result<Option<Millis>> {
        self.span_as(name, name)
    }

    /// Takes a length of time that errors call `what`.
    pub fn span_as(&mut self, name: &str, what: &str) -> Result<Option<Millis>> {
        self.number(name).map(|time| convert::span(what, time as f64 / 1e3)).transpose()
    }

    pub fn duration(&mut self, name: &str) -> Result<Option<Duration>> {
        Ok(self.span(name)?.map(duration))
    }

    pub fn moment(&mut self, name: &str) -> Result<Option<Millis>> {
        let moment = self.number(name).map(|moment| moment + DAWN);
        moment.map(|moment| convert::moment(name, moment as f64 / 1e3)).transpose()
    }

    /// Takes both ways to name a rate.
    pub fn rate(&mut self) -> Result<Option<Rate>> {
        let rate = self.raw("rate").map(|rate| {
            let (count, window) = rate.split_once('/').expect("COUNT/WINDOW");
            (self.parsed(count), self.parsed(window))
        });
        given::rate(self.number("tps"), rate)
    }

    /// Reads a number or a truth value.
    pub fn parsed<T: FromStr>(&self, text: &str) -> T {
        text.parse().unwrap_or_else(|_| panic!("{text:?} is not what is wanted: {}", self.text))
    }

    /// Makes sure that no argument is left: one that is misspelt would do nothing.
    pub fn finish(&self) {
        assert!(self.arguments.is_empty(), "unknown {:?}: {}", self.arguments, self.text);
    }
}
