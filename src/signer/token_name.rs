//! The names of keys in tokens: PKCS#11 URIs of RFC 7512.

use std::fmt;
use std::path::PathBuf;

/// What begins such a name.
pub(super) const SCHEME: &str = "pkcs11:";

/// A key in a token, as a person names it. An attribute that is left out may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TokenName {
    text: String,
    pub(super) token: Option<String>,
    pub(super) manufacturer: Option<String>,
    pub(super) model: Option<String>,
    pub(super) serial: Option<String>,
    /// The label of the key.
    pub(super) object: Option<String>,
    /// The id of the key.
    pub(super) id: Option<Vec<u8>>,
    /// The library that speaks for the token.
    pub(super) module: PathBuf,
    /// The file with the PIN.
    pub(crate) pin_source: Option<PathBuf>,
}

/// Why a text is not such a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TokenNameError {
    /// An attribute is not known here.
    #[error("the attribute `{0}` of a pkcs11 URI is not one that is understood here")]
    Unknown(String),
    /// An attribute is there twice.
    #[error("the attribute `{0}` is there twice")]
    Twice(String),
    /// Something is not name=value with percent signs as RFC 7512 has them.
    #[error("`{0}` is not an attribute of a pkcs11 URI: name=value, other characters as %XX")]
    Malformed(String),
    /// The type is not that of a private key.
    #[error("type={0} is not a private key")]
    NotPrivate(String),
    /// A PIN in a command line can be read by others, and stays in the shell's history.
    #[error(
        "a PIN is not given as pin-value, where others can read it: use pin-source=file:FILE or --pin-file"
    )]
    PinValue,
    /// Nothing says which key.
    #[error("a pkcs11 URI needs object=LABEL or id=%XX of the key")]
    NoKey,
    /// Nothing says which library.
    #[error("a pkcs11 URI needs ?module-path=FILE, the library of the token, as an absolute path")]
    NoModule,
}

impl TokenName {
    /// Reads what follows `pkcs11:`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn parse(rest: &str) -> Result<Self, TokenNameError> {
        let mut name = Self {
            text: rest.to_owned(),
            ..Self::default()
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.split(';').filter(|it| !it.is_empty());
        let query = query.split('&').filter(|it| !it.is_empty());
        let mut seen = Vec::new();
        for (attribute, in_query) in path.map(|it| (it, false)).chain(query.map(|it| (it, true))) {
            let malformed = || TokenNameError::Malformed(attribute.to_owned());
            let (key, value) = attribute.split_once('=').ok_or_else(malformed)?;
            if seen.contains(&key) {
                return Err(TokenNameError::Twice(key.to_owned()));
            }
            seen.push(key);
            let bytes = decode(value).ok_or_else(malformed)?;
            if key == "id" && !in_query {
                name.id = Some(bytes);
                continue;
            }
            let value = String::from_utf8(bytes).map_err(|_| malformed())?;
            name.set(key, value, in_query)?;
        }
        if name.object.is_none() && name.id.is_none() {
            return Err(TokenNameError::NoKey);
        }
        if !name.module.is_absolute() {
            return Err(TokenNameError::NoModule);
        }
        Ok(name)
    }

    fn set(&mut self, key: &str, value: String, in_query: bool) -> Result<(), TokenNameError> {
        match (key, in_query) {
            ("token", false) => self.token = Some(value),
            ("manufacturer", false) => self.manufacturer = Some(value),
            ("model", false) => self.model = Some(value),
            ("serial", false) => self.serial = Some(value),
            ("object", false) => self.object = Some(value),
            ("type", false) if value == "private" => {}
            ("type", false) => return Err(TokenNameError::NotPrivate(value)),
            ("module-path", true) => self.module = PathBuf::from(value),
            ("pin-source", true) => {
                let path = value.strip_prefix("file:").unwrap_or(&value);
                let path = path.strip_prefix("//").unwrap_or(path);
                self.pin_source = Some(PathBuf::from(path));
            }
            ("pin-value", true) => return Err(TokenNameError::PinValue),
            _ => return Err(TokenNameError::Unknown(key.to_owned())),
        }
        Ok(())
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.text)
    }
}

/// The bytes of a value with `%XX`.
fn decode(value: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, after) = rest.split_first_chunk::<2>()?;
        let digits = str::from_utf8(digits).ok()?;
        let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        plain.then_some(())?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_with_all_that_it_says() {
        let text = "token=My%20Token;serial=1;object=log;id=%01%ff;type=private\
            ?module-path=/lib/a.so&pin-source=file:/run/pin";
        let name = TokenName::parse(text).unwrap();
        assert_eq!(name.token.as_deref(), Some("My Token"));
        assert_eq!(name.id, Some(vec![1, 0xff]));
        assert_eq!(name.module, PathBuf::from("/lib/a.so"));
        assert_eq!(name.pin_source, Some(PathBuf::from("/run/pin")));
        assert_eq!(name.to_string(), format!("pkcs11:{text}"));
    }

    #[test]
    fn what_is_not_understood_is_refused_and_not_left_out() {
        let whole = "object=a?module-path=/lib/a.so";
        TokenName::parse(whole).unwrap();
        for (text, error) in [
            ("object=a", TokenNameError::NoModule),
            ("object=a?module-path=a.so", TokenNameError::NoModule),
            ("token=a?module-path=/a", TokenNameError::NoKey),
            (
                "object=a;object=b?module-path=/a",
                TokenNameError::Twice("object".to_owned()),
            ),
            (
                "object=a;slot-id=1?module-path=/a",
                TokenNameError::Unknown("slot-id".to_owned()),
            ),
            (
                "object=a;module-path=/a",
                TokenNameError::Unknown("module-path".to_owned()),
            ),
            (
                "object=%4?module-path=/a",
                TokenNameError::Malformed("object=%4".to_owned()),
            ),
            (
                "object=%+1?module-path=/a",
                TokenNameError::Malformed("object=%+1".to_owned()),
            ),
            (
                "object=a;type=cert?module-path=/a",
                TokenNameError::NotPrivate("cert".to_owned()),
            ),
            (
                "object=a?module-path=/a&pin-value=1234",
                TokenNameError::PinValue,
            ),
        ] {
            assert_eq!(TokenName::parse(text), Err(error), "{text}");
        }
    }
}
