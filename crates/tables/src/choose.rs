//! Which sheets of a workbook are imported, and as what.

use witnessmark_record::RecordKind;

use crate::import::{Finding, Place};
use crate::problem::{IGNORED, KIND};
use crate::sheet::Sheet;

/// What is imported of a workbook, and what is not.
#[derive(Clone, Debug, Default)]
pub struct ChosenSheets {
    /// The sheets, each with its kind.
    pub sheets: Vec<(RecordKind, Sheet)>,
    /// What is said about the others.
    pub notes: Vec<Finding>,
}

/// The sheets of a workbook that are imported, each with its kind, and what is said about the others.
///
/// With `kind`, it is the sheet of that name, or the only visible one; without, every visible sheet that has the name of
/// a kind.
///
/// # Errors
///
/// When no sheet fits.
pub fn choose_sheets(
    sheets: Vec<Sheet>,
    kind: Option<RecordKind>,
) -> Result<ChosenSheets, Box<Finding>> {
    let names: Vec<String> = sheets
        .iter()
        .filter_map(|sheet| sheet.name.clone())
        .collect();
    let visible = sheets
        .iter()
        .filter(|sheet| !sheet.hidden && !sheet.rows.is_empty());
    let is_alone = visible.count() == 1;
    let has_name = sheets
        .iter()
        .any(|sheet| !sheet.hidden && kind.is_some() && named_kind(sheet) == kind);
    let mut done = ChosenSheets::default();
    for sheet in sheets {
        let called = named_kind(&sheet);
        let takes = match kind {
            Some(kind) if has_name => (called == Some(kind)).then_some(kind),
            Some(kind) => (is_alone && !sheet.rows.is_empty()).then_some(kind),
            None => called,
        };
        match takes {
            Some(kind) if !sheet.hidden => done.sheets.push((kind, sheet)),
            _ => done.notes.push(left_out(&sheet)),
        }
    }
    if done.sheets.is_empty() {
        let fix = format!(
            "Call each sheet by its kind, such as {:?}, or give --kind and a workbook with one sheet",
            RecordKind::StrikeEvent.field()
        );
        let problem = KIND.at("", format!("sheets: {}", names.join(", ")), fix);
        let place = Place::default();
        return Err(Box::new(Finding { place, problem }));
    }
    Ok(done)
}

fn named_kind(sheet: &Sheet) -> Option<RecordKind> {
    let name = sheet.name.as_deref()?.trim().to_lowercase();
    let name = name.replace([' ', '-'], "_");
    RecordKind::ALL
        .into_iter()
        .find(|kind| kind.field() == name)
}

fn left_out(sheet: &Sheet) -> Finding {
    let why = if sheet.hidden {
        "a hidden sheet, not imported"
    } else if sheet.rows.is_empty() {
        "an empty sheet"
    } else {
        "not imported: its name is not that of the kind"
    };
    let place = Place {
        sheet: sheet.name.clone(),
        ..Place::default()
    };
    let fix = "Show it and call it by its kind if it is meant";
    Finding {
        place,
        problem: IGNORED.at("", why, fix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::{Cell, Row};

    fn sheet(name: &str, hidden: bool) -> Sheet {
        let cells = vec![Cell::Text("title".to_owned())];
        Sheet {
            name: Some(name.to_owned()),
            hidden,
            rows: vec![Row { number: 1, cells }],
            ..Sheet::default()
        }
    }

    fn chosen(sheets: Vec<Sheet>, kind: Option<RecordKind>) -> Vec<(RecordKind, String)> {
        let named = choose_sheets(sheets, kind).unwrap().sheets.into_iter();
        named
            .map(|(kind, sheet)| (kind, sheet.name.unwrap()))
            .collect()
    }

    #[test]
    fn a_sheet_is_taken_by_its_name_or_because_it_is_the_only_one() {
        use RecordKind::{Statement, StrikeEvent};
        let two = || {
            vec![
                sheet("Strike event", false),
                sheet("notes", false),
                sheet("statement", true),
            ]
        };
        assert_eq!(
            chosen(two(), None),
            [(StrikeEvent, "Strike event".to_owned())]
        );
        assert_eq!(chosen(two(), Some(StrikeEvent)).len(), 1);
        let one = vec![sheet("Sheet1", false), sheet("old", true)];
        assert_eq!(
            chosen(one, Some(Statement)),
            [(Statement, "Sheet1".to_owned())]
        );
        let notes = choose_sheets(two(), None).unwrap().notes;
        let said: Vec<_> = notes.iter().map(|it| it.problem.value.as_str()).collect();
        assert!(
            said[0].contains("its name") && said[1].contains("hidden"),
            "{said:?}"
        );
        let refused = choose_sheets(two(), Some(Statement)).unwrap_err();
        assert_eq!(refused.problem.code, "E-TABLE-KIND");
    }
}
