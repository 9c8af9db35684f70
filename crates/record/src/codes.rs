//! Every code that a problem can have, with its rule. The page `docs/VALIDATION.md` is made of this list.

use crate::{Level, ProblemCode};

macro_rules! codes {
    ($($name:ident = $code:literal $level:ident $rule:literal;)*) => {
        $(pub(crate) const $name: ProblemCode = ProblemCode {
            code: $code,
            level: Level::$level,
            rule: $rule,
        };)*
        pub(crate) const ALL: &[ProblemCode] = &[$($name),*];
    };
}

codes! {
    ASSERTED_BY = "E-ASSERTED-BY" Error "who makes the claim is named, with a name and a type";
    ATTACHMENT = "E-ATTACHMENT" Error "an attachment has a sha256, a media type and a role";
    ATTACHMENT_DUP = "E-ATTACHMENT-DUP" Error "a file is attached once, and its name belongs to one file";
    BASIS = "E-BASIS" Error "a record says what its claim rests on";
    BODY = "E-BODY" Error "a record has exactly one body, which says what kind it is";
    BRAND_CLAIM = "E-BRAND-CLAIM" Error "exactly one of `brand_marked` and `brand_absence` is given; a brand is what is marked, never a maker";
    BYTES = "E-BYTES" Error "ids and digests have their fixed length: a UUID 16 bytes, a record id and SHA-256 32, SHA-512 64";
    CAPTURE = "E-CAPTURE" Error "a capture comes from an address or from a device, and its files are attached to the record";
    CONFIDENCE = "E-CONFIDENCE" Error "a confidence is a word, a whole number from 0 to 100, or both";
    CONTAINER_NORMALISED = "E-CONTAINER-NORMALISED" Error "a normalised container number is four letters, six digits and the check digit of ISO 6346";
    COORD_RANGE = "E-COORD-RANGE" Error "latitude lies within 90 degrees and longitude within 180 degrees of zero";
    COORD_UNCERTAINTY = "E-COORD-UNCERTAINTY" Error "a point has an uncertainty_m of at least 1";
    CORRECT_CHANGE = "E-CORRECT-CHANGE" Error "a correction names each field once, says what stands there and what is to stand there, in one spelling, and changes it";
    CORRECT_PATH = "E-CORRECT-PATH" Error "who signed what, when and for which log cannot be corrected, nor can the kind of a record and the record it is about";
    CUSTODY = "E-CUSTODY" Error "changes to an item have a reason";
    DATECODE = "E-DATECODE" Error "a date code gives the interval that its scheme gives, and fits the scheme";
    DECIMAL = "E-DECIMAL" Error "a number is a decimal without exponent, plus sign or leading zeros";
    DIGEST = "E-DIGEST" Error "an erasure and a disclosure name digests, each once";
    EDTF = "E-EDTF" Error "a date is written in EDTF (ISO 8601-2 Annex A)";
    EMBARGO_PAST = "E-EMBARGO-PAST" Error "an embargo ends after the record is signed";
    EMPTY = "E-EMPTY" Error "a message that is present says something, and an item of a list is not empty, unless `missing` says that it is withheld";
    FORMAT = "E-FORMAT" Error "the text has the format that its field declares";
    HS_EDITION = "E-HS-EDITION" Error "a heading of the Harmonised System states its edition by its year";
    IDENTIFIER = "E-IDENTIFIER" Error "an identifier has a scheme, and what was seen or its normalised form";
    IDENTIFIER_NORMALISED = "E-IDENTIFIER-NORMALISED" Error "a normalised identifier has the spelling of its scheme";
    IDENTIFIER_SCHEME = "E-IDENTIFIER-SCHEME" Error "a field for containers or for headings of the Harmonised System holds an identifier of that scheme";
    IMO_NORMALISED = "E-IMO-NORMALISED" Error "a normalised IMO number is seven digits with a valid check digit";
    ISO3166 = "E-ISO3166" Error "a country is a code of ISO 3166-1 alpha-2";
    JSON_FIELD = "E-JSON-FIELD" Error "every member names a field of its message";
    JSON_TYPE = "E-JSON-TYPE" Error "a value has the type of its field";
    JSON_VALUE = "E-JSON-VALUE" Error "a value is one that its field can hold";
    LANG = "E-LANG" Error "a language is a tag of BCP 47, made of registered subtags";
    LANG_DUP = "E-LANG-DUP" Error "each language stands once in a list of titles or summaries";
    LINK_DUP = "E-LINK-DUP" Error "a relation to a target is stated once";
    LINK_REL = "E-LINK-REL" Error "a link states a relation";
    LINK_TARGET = "E-LINK-TARGET" Error "the target of a link is a record id of 32 bytes";
    MISSING = "E-MISSING" Error "a missing field is named by its path, once, with a reason, and is absent";
    ORDER_TIME = "E-ORDER-TIME" Error "nothing is documented or reported before it happened";
    ORG = "E-ORG" Error "the signing organisation has a name of a-z, 0-9, dot and hyphen, at most 63";
    ORIGIN = "E-ORIGIN" Error "the origin of the log is 1 to 255 bytes without spaces, plus signs and control characters";
    PARTY_TYPE = "E-PARTY-TYPE" Error "a party says what it is, and has a name, an office, an address or an identifier, or `missing` says that one is withheld";
    PATH = "E-PATH" Error "a path names a field as the schema does, once, with the positions in lists, and all paths are of one kind";
    PERMISSION = "E-PERMISSION" Error "a respondent is named in clear only with permission to be named";
    PERSON_CLEAR = "E-PERSON-CLEAR" Error "a private person is not named in clear";
    PLACE = "E-PLACE" Error "a place names a country or a region";
    POINT_BASIS = "E-POINT-BASIS" Error "a point states where it comes from";
    PROTECTED = "E-PROTECTED" Error "digests of protected fields have 32 bytes, ascend, are unique, and are at most 1,024";
    QUANTITY = "E-QUANTITY" Error "a quantity is exact, approximate, or bounded by min, max or both, and min is not above max";
    REFERENCE = "E-REFERENCE" Error "a reference has a scheme and a value";
    REQUIRED = "E-REQUIRED" Error "a field that the kind requires is given, or its absence is explained in `missing`";
    RESULT = "E-RESULT" Error "a result is a value or a finding, and its uncertainty is a number in the unit of the value";
    SCHEMA = "E-SCHEMA" Error "the schema names the kind of the body and its version";
    SCOPE = "E-SCOPE" Error "an attestation covers the whole record, or the fields that it names";
    SCRIPT = "E-SCRIPT" Error "a script is a code of ISO 15924";
    SEEN = "E-SEEN" Error "a checkpoint that was seen has a size of at least 1 and a root of 32 bytes";
    SHARE = "E-SHARE" Error "a share is given in basis points, from 0 to 10000, and says of what";
    SIGNED_AT = "E-SIGNED-AT" Error "a record states when it was signed";
    SIZE = "E-SIZE" Error "an encoded record has at most 64,000 bytes";
    SOURCES = "E-SOURCES" Error "a record on open sources names at least one, with a publisher and an address";
    TARGET = "E-TARGET" Error "what speaks of another record names it by its id, and its links do not say otherwise";
    TEXT_CONTROL = "E-TEXT-CONTROL" Error "a text has no control characters; line breaks stand only in plain text";
    TEXT_LENGTH = "E-TEXT-LENGTH" Error "a text is not longer than its field allows";
    TEXT_NFC = "E-TEXT-NFC" Error "a text is in Unicode normalisation form C";
    THREAD = "E-THREAD" Error "a record has a thread id of 16 bytes, which are not all zero";
    TITLE = "E-TITLE" Error "a record has a title, of at most 200 characters";
    MARKING_TLP = "E-TLP" Error "a record states who may see it, by a colour of the Traffic Light Protocol";
    TRACE = "E-TRACE" Error "a trace request says what it traces, and a trace response which request it answers";
    TYPE_REQUIRED = "E-TYPE" Error "a part of a record that has types or roles states which it is";
    UNIT = "E-UNIT" Error "a unit is from the list, and money has a currency that is or was one of ISO 4217";
    UNIT_FIELD = "E-UNIT-FIELD" Error "a count is a whole number without a unit, a mass and a distance have a unit of their kind, and none is below zero";
    LANGUAGE = "N-LANGUAGE" Note "plain text states its language in `language`";
    CLEAR = "W-CLEAR" Warning "what can expose somebody is protected unless it is public";
    CLOCK = "W-CLOCK" Warning "the signer's clock and the ledger's agree within an hour";
    CONTAINER_CHECK = "W-CONTAINER-CHECK" Warning "the check digit of a container number as seen fits ISO 6346";
    COORD_CENTROID = "W-COORD-CENTROID" Warning "the middle of a named place has an uncertainty of at least 500 m";
    DATECODE_AMBIG = "W-DATECODE-AMBIG" Warning "a date code that fits two schemes keeps both readings";
    DATECODE_FUTURE = "W-DATECODE-FUTURE" Warning "a date code is not later than the event";
    IDENTIFIER_CHECK = "W-IDENTIFIER-CHECK" Warning "the check digits of an air waybill and of a legal entity identifier as seen fit";
    IMO_CHECK = "W-IMO-CHECK" Warning "the check digit of an IMO number as seen fits";
    ORDER_TIME_UNSURE = "W-ORDER-TIME" Warning "uncertain dates should stand in the order of events";
    SEEN_CHECKPOINT = "W-SEEN-CHECKPOINT" Warning "the checkpoint that the signer had seen is one of this ledger";
    SEEN_CLOCK = "W-SEEN-CLOCK" Warning "by the signer's clock, a record is signed after the checkpoint that the signer had seen";
    TEXT_HIDDEN = "W-TEXT-HIDDEN" Warning "no text has characters that cannot be seen or that change the direction of writing, but joiners between letters of a script that needs them";
    TIME_FUTURE = "W-TIME-FUTURE" Warning "nothing happens after the record of it is signed";
    UNIT_OLD = "W-UNIT-OLD" Warning "a currency that was withdrawn stands with a time in which it was one";
}
