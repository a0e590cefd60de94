//! The surface table against the source of the crate, both ways. `tests/surface/README.md` says what
//! the table means.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fairlane::ErrorCode;
use serde_json::Value;
use syn::{FnArg, ImplItem, Item, Pat, UseTree, Visibility};

const CORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src");

/// What a type shows: its fields, and the parameters of its methods.
#[derive(Default)]
struct Shown {
    fields: BTreeSet<String>,
    methods: BTreeMap<String, Vec<String>>,
}

/// The crate as its source shows it.
struct Source {
    /// The names at the root.
    root: BTreeSet<String>,
    types: BTreeMap<String, Shown>,
    /// The variants of enumerations, by their module and name.
    variants: BTreeMap<String, Vec<String>>,
}

impl Source {
    fn read() -> Self {
        let lib = parsed(Path::new(CORE).join("lib.rs").as_path());
        let mut source =
            Self { root: BTreeSet::new(), types: BTreeMap::new(), variants: BTreeMap::new() };
        for item in lib.items {
            match item {
                Item::Use(item) if is_public(&item.vis) => names(&item.tree, &mut source.root),
                Item::Mod(item) => {
                    source.read_module(&Path::new(CORE).join(item.ident.to_string()))
                }
                _ => {}
            }
        }
        source
    }

    fn read_module(&mut self, path: &Path) {
        let module = path.file_name().unwrap().to_str().unwrap();
        let file = path.with_extension("rs");
        if file.is_file() {
            self.read_file(&file, module);
        }
        let inside = path.is_dir().then(|| fs::read_dir(path).unwrap());
        let inside = inside.into_iter().flatten().map(|entry| entry.unwrap().path());
        // What lies deeper shows nothing at the root.
        inside.filter(|path| path.is_file()).for_each(|path| self.read_file(&path, module));
    }

    fn read_file(&mut self, path: &Path, module: &str) {
        for item in parsed(path).items {
            match item {
                Item::Struct(item) if is_public(&item.vis) => {
                    let public = item.fields.iter().filter(|field| is_public(&field.vis));
                    let names = public.filter_map(|field| Some(field.ident.as_ref()?.to_string()));
                    self.of(&item.ident).fields.extend(names);
                }
                Item::Enum(item) if is_public(&item.vis) => {
                    let variants = item.variants.iter().map(|variant| variant.ident.to_string());
                    self.variants.insert(format!("{module}::{}", item.ident), variants.collect());
                }
                Item::Impl(item) if is_shown(&item) => {
                    let syn::Type::Path(of) = *item.self_ty else { continue };
                    let shown = self.of(&of.path.segments.last().unwrap().ident);
                    for member in item.items {
                        if let ImplItem::Fn(method) = member
                            && (item.trait_.is_some() || is_public(&method.vis))
                        {
                            let signature = method.sig;
                            let parameters = signature.inputs.iter().filter_map(parameter);
                            let name = signature.ident.to_string();
                            shown.methods.insert(name, parameters.collect());
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn of(&mut self, name: &syn::Ident) -> &mut Shown {
        self.types.entry(name.to_string()).or_default()
    }
}

fn parsed(path: &Path) -> syn::File {
    syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap()
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Tells whether the methods of a block are a type's own; those of a clock are.
fn is_shown(block: &syn::ItemImpl) -> bool {
    block.trait_.as_ref().is_none_or(|(path, ..)| path.is_ident("Clock"))
}

fn names(tree: &UseTree, into: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => names(&path.tree, into),
        UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, into)),
        UseTree::Name(name) => drop(into.insert(name.ident.to_string())),
        UseTree::Rename(_) | UseTree::Glob(_) => panic!("the table knows no such name"),
    }
}

fn parameter(argument: &FnArg) -> Option<String> {
    let FnArg::Typed(typed) = argument else { return None };
    let Pat::Ident(pattern) = &*typed.pat else { return None };
    Some(pattern.ident.to_string())
}

/// The table as Rust has it.
struct Table(Value);

impl Table {
    fn read() -> Self {
        Self(serde_json::from_str(include_str!("../surface/surface.json")).unwrap())
    }

    fn list(&self, name: &str) -> Vec<&Value> {
        here(&self.0[name])
    }

    /// Gives what Rust has of a type besides; those at the root for "".
    fn extras(&self, of: &str) -> BTreeSet<String> {
        let extras = self.0["extras"]["rust"].as_object().unwrap().keys();
        let split = |extra: &String| match extra.rsplit_once("::") {
            Some((owner, name)) => (owner.to_owned(), name.to_owned()),
            None => (String::new(), extra.clone()),
        };
        let of_it = extras.map(split).filter(|(owner, _)| owner == of);
        of_it.map(|(_, name)| name).collect()
    }
}

/// Lists the items that are not absent in Rust.
fn here(items: &Value) -> Vec<&Value> {
    let is_here = |item: &&Value| rust(item)["absent"].is_null();
    items.as_array().unwrap().iter().filter(is_here).collect()
}

fn rust(item: &Value) -> &Value {
    &item["hosts"]["rust"]
}

fn name(item: &Value) -> &str {
    rust(item)["name"].as_str().or(item["name"].as_str()).unwrap_or("new")
}

fn parameters(item: &Value) -> Vec<String> {
    let given = rust(item)["parameters"].as_array();
    let text = |name: &Value| name.as_str().unwrap().to_owned();
    match given {
        Some(names) => names.iter().map(text).collect(),
        None => item["parameters"].as_array().unwrap().iter().map(|it| text(&it["name"])).collect(),
    }
}

/// Writes a text as a variant: `timed out` is `TimedOut`.
fn variant(text: &Value) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    text.as_str().unwrap().split(' ').map(capital).collect()
}

/// Makes sure that two sets are one.
fn same(shown: &BTreeSet<String>, named: &BTreeSet<String>, of: &str) {
    let (more, less): (Vec<_>, Vec<_>) =
        (shown.difference(named).collect(), named.difference(shown).collect());
    assert!(more.is_empty(), "{of} has {more:?}, of which the table says nothing");
    assert!(less.is_empty(), "{of} lacks {less:?}, which the table names");
}

#[test]
fn the_errors_are_those_of_the_table() {
    let table = Table::read();
    let rows = table.list("errors").into_iter().map(|row| {
        (row["name"].as_str().unwrap().to_owned(), row["number"].clone(), row["retryable"].clone())
    });
    let codes = ErrorCode::ALL.map(|code| {
        (code.name().to_owned(), Value::from(code.number()), Value::from(code.retryable()))
    });
    assert_eq!(rows.collect::<Vec<_>>(), codes);
}

#[test]
fn the_constants_have_the_values_of_the_table() {
    let values: BTreeMap<&str, Value> = BTreeMap::from([
        ("BULK_PRIORITY", fairlane::BULK_PRIORITY.into()),
        ("DEFAULT_LANE", fairlane::DEFAULT_LANE.into()),
        ("DEFAULT_LEASE", fairlane::DEFAULT_LEASE.into()),
        ("DEFAULT_MAX_TRIES", fairlane::DEFAULT_MAX_TRIES.into()),
        ("DEFAULT_PRIORITY", fairlane::DEFAULT_PRIORITY.into()),
        ("job::MAX_PRIORITY", fairlane::job::MAX_PRIORITY.into()),
    ]);
    let table = Table::read();
    let rows = table.list("constants").into_iter().map(|row| (name(row), row["value"].clone()));
    assert_eq!(rows.collect::<BTreeMap<_, _>>(), values);
}

#[test]
fn the_choices_are_those_of_the_table() {
    let (table, source) = (Table::read(), Source::read());
    for row in table.list("choices") {
        let values: Vec<_> = row["values"].as_array().unwrap().iter().map(variant).collect();
        // At the root a name is used alone.
        let of = |path: &&String| path.ends_with(&format!("::{}", name(row))) || *path == name(row);
        let found = source.variants.keys().find(of).unwrap();
        assert_eq!(source.variants[found], values, "{found}");
    }
}

#[test]
fn the_root_names_what_the_table_names_and_nothing_else() {
    let table = Table::read();
    let items = ["types", "constants", "choices"].map(|list| table.list(list)).concat();
    let named = items.into_iter().map(|item| name(item).to_owned());
    let at_root = named.filter(|name| !name.contains("::"));
    let expected: BTreeSet<_> = at_root.chain(table.extras("")).collect();
    same(&Source::read().root, &expected, "the root");
}

#[test]
fn the_types_show_what_the_table_names_and_nothing_else() {
    let (table, source) = (Table::read(), Source::read());
    for row in table.list("types") {
        let of = name(row).rsplit("::").next().unwrap();
        let shown = &source.types[of];
        let mut calls = here(&row["methods"]);
        calls.extend(
            Some(&row["constructor"]).filter(|row| !row.is_null() && rust(row)["absent"].is_null()),
        );
        let mut methods: BTreeSet<_> = calls.iter().map(|row| name(row).to_owned()).collect();
        let (as_methods, as_fields): (Vec<_>, Vec<_>) =
            here(&row["properties"]).into_iter().partition(|row| rust(row)["method"] == true);
        methods.extend(as_methods.iter().map(|row| name(row).to_owned()));
        let mut fields: BTreeSet<_> = as_fields.iter().map(|row| name(row).to_owned()).collect();
        for extra in table.extras(of) {
            // A builder's method may have the name of a field that the table has.
            let is_field = shown.fields.contains(&extra) && !fields.contains(&extra);
            if is_field { &mut fields } else { &mut methods }.insert(extra);
        }
        same(&shown.methods.keys().cloned().collect(), &methods, of);
        same(&shown.fields, &fields, of);
        for row in calls {
            assert_eq!(shown.methods[name(row)], parameters(row), "{of}::{}", name(row));
        }
    }
}

#[test]
fn what_rust_has_besides_has_a_reason() {
    let table = Table::read();
    for (name, reason) in table.0["extras"]["rust"].as_object().unwrap() {
        assert!(reason.as_str().is_some_and(|reason| reason.len() > 10), "{name}");
    }
}
