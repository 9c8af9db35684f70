//! A JSON object that is used up member by member, so that what nobody took is noticed.

use std::fmt;

use serde_json::{Map, Value as Json};

/// Which member of a line cannot be mapped, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    path: String,
    why: String,
}

impl Fault {
    /// A member whose text is none of the words expected there.
    pub(super) fn word(name: &str, value: &str) -> Self {
        Self {
            path: name.to_owned(),
            why: format!("{value:?} has no word in the schema"),
        }
    }

    fn new(path: &str, name: &str, why: &str) -> Self {
        Self {
            path: format!("{path}{name}"),
            why: why.to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.why)
    }
}

/// The members of an object that are still to be taken.
#[derive(Debug, Default)]
pub(super) struct Object {
    path: String,
    members: Map<String, Json>,
}

impl Object {
    pub(super) const fn new(members: Map<String, Json>) -> Self {
        Self {
            path: String::new(),
            members,
        }
    }

    fn child(&self, name: &str, members: Map<String, Json>) -> Self {
        Self {
            path: format!("{}{name}.", self.path),
            members,
        }
    }

    fn wrong<T>(&self, name: &str) -> Result<T, Fault> {
        Err(Fault::new(
            &self.path,
            name,
            "has another type than expected",
        ))
    }

    /// Takes a text. Absent is empty.
    pub(super) fn text(&mut self, name: &str) -> Result<String, Fault> {
        match self.members.remove(name) {
            None => Ok(String::new()),
            Some(Json::String(text)) => Ok(text),
            Some(_) => self.wrong(name),
        }
    }

    /// Takes a number, or a text that holds one, as its decimal digits. Absent is empty.
    pub(super) fn number(&mut self, name: &str) -> Result<String, Fault> {
        match self.members.remove(name) {
            None => Ok(String::new()),
            Some(Json::Number(number)) => Ok(number.to_string()),
            Some(Json::String(text)) => Ok(text),
            Some(_) => self.wrong(name),
        }
    }

    /// Takes a whole number. Absent is 0.
    pub(super) fn whole(&mut self, name: &str) -> Result<u32, Fault> {
        let text = self.number(name)?;
        if text.is_empty() {
            return Ok(0);
        }
        text.parse().or_else(|_| self.wrong(name))
    }

    /// Takes a member that is true when it is there.
    pub(super) fn yes(&mut self, name: &str) -> Result<bool, Fault> {
        match self.members.remove(name) {
            None => Ok(false),
            Some(Json::Bool(true)) => Ok(true),
            Some(_) => self.wrong(name),
        }
    }

    /// Takes a list of texts.
    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, Fault> {
        let items = self.list(name)?;
        items
            .into_iter()
            .map(|item| {
                item.as_str()
                    .map(str::to_owned)
                    .map_or_else(|| self.wrong(name), Ok)
            })
            .collect()
    }

    /// Takes an object.
    pub(super) fn object(&mut self, name: &str) -> Result<Option<Self>, Fault> {
        match self.members.remove(name) {
            None => Ok(None),
            Some(Json::Object(members)) => Ok(Some(self.child(name, members))),
            Some(_) => self.wrong(name),
        }
    }

    /// Takes a list of objects, each read by `read`.
    pub(super) fn objects<T>(
        &mut self,
        name: &str,
        read: impl Fn(Self) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let items = self.list(name)?;
        items
            .into_iter()
            .map(|item| {
                let Json::Object(members) = item else {
                    return self.wrong(name);
                };
                read(self.child(name, members))
            })
            .collect()
    }

    /// The names of the members that are left.
    pub(super) fn names(&self) -> Vec<String> {
        self.members.keys().cloned().collect()
    }

    /// Ends the reading: a member that is left has no home.
    pub(super) fn finish(self) -> Result<(), Fault> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => Err(Fault::new(&self.path, name, "has no field to go to")),
        }
    }

    fn list(&mut self, name: &str) -> Result<Vec<Json>, Fault> {
        match self.members.remove(name) {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => Ok(items),
            Some(_) => self.wrong(name),
        }
    }
}
