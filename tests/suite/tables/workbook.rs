//! Workbooks made by hand, so that a test says what every cell of the file is.

use std::fmt::Write as _;

/// One sheet: its name, whether it is hidden, the XML of its rows, and what follows them.
pub(super) struct Sheet<'a> {
    pub(super) name: &'a str,
    pub(super) hidden: bool,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) after: &'a str,
}

/// A cell with a text.
pub(super) fn text(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!(" t=\"inlineStr\"><is><t>{text}</t></is>")
}

/// A cell with a number.
pub(super) fn number(number: &str) -> String {
    format!("><v>{number}</v>")
}

/// A cell with a number that is shown as a day.
pub(super) fn day(serial: &str) -> String {
    format!(" s=\"1\"><v>{serial}</v>")
}

/// A cell with a formula and its last value.
pub(super) fn formula(formula: &str) -> String {
    format!("><f>{formula}</f><v>3</v>")
}

/// A cell with an error.
pub(super) fn error(error: &str) -> String {
    format!(" t=\"e\"><v>{error}</v>")
}

/// An XLSX file.
pub(super) fn workbook(sheets: &[Sheet<'_>]) -> Vec<u8> {
    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let (mut list, mut links, mut types) = (String::new(), String::new(), String::new());
    let mut files = Vec::new();
    for (at, sheet) in (1..).zip(sheets) {
        let state = if sheet.hidden {
            " state=\"hidden\""
        } else {
            ""
        };
        let name = sheet.name;
        write!(
            list,
            "<sheet name=\"{name}\" sheetId=\"{at}\"{state} r:id=\"rId{at}\"/>"
        )
        .unwrap();
        write!(links, "<Relationship Id=\"rId{at}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{at}.xml\"/>").unwrap();
        write!(types, "<Override PartName=\"/xl/worksheets/sheet{at}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>").unwrap();
        let mut rows = String::new();
        for (number, cells) in (1..).zip(&sheet.rows) {
            write!(rows, "<row r=\"{number}\">").unwrap();
            for (column, cell) in ('A'..='Z').zip(cells) {
                if !cell.is_empty() {
                    write!(rows, "<c r=\"{column}{number}\"{cell}</c>").unwrap();
                }
            }
            rows.push_str("</row>");
        }
        let after = sheet.after;
        let body = format!(
            "{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData>{after}</worksheet>"
        );
        files.push((format!("xl/worksheets/sheet{at}.xml"), body));
    }
    files.extend([
        ("[Content_Types].xml".to_owned(), format!("{HEAD}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{types}</Types>")),
        ("_rels/.rels".to_owned(), format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")),
        ("xl/_rels/workbook.xml.rels".to_owned(), format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">{links}<Relationship Id=\"rId99\" Type=\"{OFFICE}/styles\" Target=\"styles.xml\"/></Relationships>")),
        ("xl/workbook.xml".to_owned(), format!("{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{list}</sheets></workbook>")),
        ("xl/styles.xml".to_owned(), format!("{HEAD}<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>")),
    ]);
    stored_zip(&files)
}

/// A ZIP file without compression.
fn stored_zip(files: &[(String, String)]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    let [two, four] = [2, 4].map(|bytes| {
        move |number: usize| -> Vec<u8> {
            let mut number = number;
            let next = std::iter::from_fn(move || {
                let byte = u8::try_from(number % 256).unwrap();
                number /= 256;
                Some(byte)
            });
            next.take(bytes).collect()
        }
    });
    for (name, text) in files {
        let offset = zip.len();
        // Version, flags, method, time, date; then checksum, sizes, lengths.
        let mut header = [two(20), two(0), two(0), two(0), two(0x21)].concat();
        header.extend(
            [
                four(crc32(text.as_bytes())),
                four(text.len()),
                four(text.len()),
            ]
            .concat(),
        );
        header.extend([two(name.len()), two(0)].concat());
        zip.extend([four(0x0403_4b50), header.clone(), name.as_bytes().to_vec()].concat());
        zip.extend(text.as_bytes());
        directory.extend([four(0x0201_4b50), two(20), header].concat());
        directory.extend([two(0), two(0), two(0), four(0), four(offset)].concat());
        directory.extend(name.as_bytes());
    }
    let count = two(files.len());
    let end = [four(0x0605_4b50), two(0), two(0), count.clone(), count].concat();
    let end = [end, four(directory.len()), four(zip.len()), two(0)].concat();
    [zip, directory, end].concat()
}

fn crc32(bytes: &[u8]) -> usize {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    usize::try_from(!crc).unwrap()
}
