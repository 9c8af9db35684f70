//! Joins the modules, the style and the page into one document without any address in it.
//!
//! Each module becomes a function that is called once and gives what it exports. Only the forms of `import` and `export` that the
//! modules use are known; any other ends the build.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// The module that all others are reached from.
const FIRST: &str = "page.js";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=web");
    let mut modules = Modules::default();
    modules.add(Path::new(FIRST))?;
    let script = modules.script();
    let style = fs::read_to_string("web/page.css")?;
    let document = fill(&fs::read_to_string("web/page.html")?, &script, &style)?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("page.html"), document)?;
    Ok(())
}

/// The document: the only script and the only style that the browser accepts are those with these digests.
fn fill(page: &str, script: &str, style: &str) -> Result<String> {
    for (what, text) in [("script", script), ("style", style)] {
        if text.contains("</") && text.to_ascii_lowercase().contains(&format!("</{what}")) {
            return Err(format!("the {what} ends itself").into());
        }
        if text.contains("<!--") {
            return Err(format!("the {what} begins a comment").into());
        }
    }
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
        source(script),
        source(style)
    );
    let mut document = page.to_owned();
    for (place, text) in [
        ("{{policy}}", policy.as_str()),
        ("{{style}}", style),
        ("{{script}}", script),
        ("{{version}}", env!("CARGO_PKG_VERSION")),
    ] {
        let (before, after) = document
            .split_once(place)
            .ok_or_else(|| format!("page.html has no place {place}"))?;
        document = format!("{before}{text}{after}");
    }
    Ok(document)
}

/// The source expression of an inline script or style.
fn source(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| {
            (bits << 8) | u32::from(*group.get(at).unwrap_or(&0))
        });
        for at in 0..4 {
            let digit = (bits >> (18 - 6 * at)) & 63;
            let digit = usize::try_from(digit).map_or(b'=', |digit| DIGITS[digit]);
            text.push(if at > group.len() {
                '='
            } else {
                char::from(digit)
            });
        }
    }
    text
}

/// The modules, each after those that it imports.
#[derive(Default)]
struct Modules {
    /// The name of each module's function, by its path; none while it is being added.
    names: BTreeMap<PathBuf, Option<String>>,
    script: String,
}

impl Modules {
    fn script(&self) -> String {
        format!("'use strict';\n{}", self.script)
    }

    /// Adds a module and, before it, what it imports. Gives the name under which its exports are found.
    fn add(&mut self, path: &Path) -> Result<String> {
        if let Some(known) = self.names.get(path) {
            let circle = || format!("{} imports itself", path.display());
            return Ok(known.clone().ok_or_else(circle)?);
        }
        self.names.insert(path.to_owned(), None);
        let text = fs::read_to_string(Path::new("web").join(path))?;
        let name = format!(
            "m_{}",
            path.to_string_lossy()
                .replace(|c: char| !c.is_ascii_alphanumeric(), "_")
        );
        let body = if path.extension().is_some_and(|it| it == "json") {
            format!("const {name} = {};\n", text.trim_end())
        } else {
            let module = self.read(path, &text)?;
            format!("const {name} = (() => {{\n{module}}})();\n")
        };
        write!(self.script, "\n// {}\n{body}", path.display())?;
        self.names.insert(path.to_owned(), Some(name.clone()));
        Ok(name)
    }

    /// The text of a module with its imports and exports in plain words.
    fn read(&mut self, path: &Path, text: &str) -> Result<String> {
        let mut body = String::new();
        let mut exports = Vec::new();
        let mut lines = text.lines().peekable();
        let mut in_comment = false;
        while let Some(line) = lines.next() {
            if !in_comment && line.starts_with("import ") {
                let mut statement = line.to_owned();
                while !statement.ends_with(';') {
                    let next = lines.next().ok_or("an import does not end")?;
                    statement = format!("{statement} {}", next.trim());
                }
                body += &self.import(path, &statement)?;
            } else if let Some(rest) = line.strip_prefix("export ").filter(|_| !in_comment) {
                body += &export(rest, &mut exports)
                    .ok_or_else(|| format!("{}: an unknown export: {line}", path.display()))?;
            } else {
                body += line;
                body.push('\n');
            }
            in_comment = if in_comment {
                !line.contains("*/")
            } else {
                line.trim_start().starts_with("/*") && !line.contains("*/")
            };
        }
        writeln!(body, "return {{ {} }};", exports.join(", "))?;
        Ok(body)
    }

    fn import(&mut self, from: &Path, statement: &str) -> Result<String> {
        let unknown = || format!("{}: an unknown import: {statement}", from.display());
        let (what, address) = statement
            .strip_prefix("import ")
            .and_then(|rest| rest.split_once(" from "))
            .ok_or_else(unknown)?;
        let address = address
            .trim_end_matches(';')
            .trim_end_matches(" with { type: 'json' }");
        let address = address.trim_matches(['\'', '"']);
        if !address.starts_with("./") && !address.starts_with("../") {
            return Err(unknown().into());
        }
        let folder = from.parent().unwrap_or_else(|| Path::new(""));
        let name = self.add(&normal(&folder.join(address))?)?;
        let what = what.strip_prefix("* as ").unwrap_or(what);
        // `import { a as b }` is `const { a: b }`.
        Ok(format!("const {} = {name};\n", what.replace(" as ", ": ")))
    }
}

/// What stands in the place of an export, which is noted.
fn export(rest: &str, exports: &mut Vec<String>) -> Option<String> {
    if let Some(list) = rest.strip_prefix("{ ") {
        let list = list.strip_suffix(" };")?.trim_end_matches(',');
        exports.extend(list.split(", ").map(str::to_owned));
        return Some(String::new());
    }
    let words = ["const ", "function ", "async function ", "class "];
    let name = words.iter().find_map(|word| rest.strip_prefix(word))?;
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    exports.push(name.get(..end)?.to_owned());
    Some(format!("{rest}\n"))
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> Result<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::CurDir => {}
            Component::ParentDir if normal.pop() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(format!("{} leads out of web", path.display()).into());
            }
        }
    }
    Ok(normal)
}
