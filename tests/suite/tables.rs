//! Tables in and out through the real program: real records, planted mistakes, and what spreadsheets do to cells.

mod standing;
mod workbook;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Daemon, Ran, World, run, typed};
use workbook::{Sheet, day, error, formula, number, text, workbook};

/// The shortest table that makes good statements of one kind.
const HEADER: &str = "title,language,asserted_by,asserted_by_type,basis,occurred,country,lat,lon,uncertainty_m,point_basis,tlp,event_class,weapon_claims.designation,weapon_claims.basis";
const GOOD: &str = "A strike,en,Example Team,ngo,own_observation,2024-01-02,UA,50.4501,30.5234,1000,map_click,clear,missile,Example missile,open_source";

#[track_caller]
fn import(file: &str, rest: &str) -> Ran {
    typed(&format!("import {file} {rest}"))
}

/// The troubles of a refusal: reason and place.
fn troubles(ran: &Ran) -> Vec<(String, String)> {
    let json = ran.json();
    let troubles = json["errors"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    troubles
        .map(|it| (word(&it["reason"]), word(&it["place"])))
        .collect()
}

fn drafts(folder: &Path) -> Vec<Value> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let read = |path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    names.into_iter().map(read).collect()
}

#[test]
fn the_sixty_records_come_out_in_every_form_and_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    typed(&format!("demo --dir {}", path("demo"))).exits(0);
    let (policy, from) = (path("demo/trust.policy"), path("demo/export"));
    for form in ["csv", "geojson", "jsonl"] {
        let out = path(&format!("all.{form}"));
        let line =
            format!("records export --from {from} --policy {policy} --format {form} --out {out}");
        let ran = typed(&line).exits(0);
        assert!(ran.stdout.contains("60 records"), "{}", ran.stdout);
    }
    let lines = fs::read_to_string(path("all.jsonl")).unwrap();
    let records: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .collect();
    assert_eq!(records.len(), 60);

    let back = |file: &str, out: &str| {
        import(&path(file), &format!("--out {}", path(out))).exits(0);
        drafts(&folder.path().join(out))
    };
    let wanted: Vec<Value> = records.iter().map(|line| line["record"].clone()).collect();
    assert_eq!(back("all.jsonl", "from-lines"), wanted);
    assert_eq!(back("all.csv", "from-csv"), wanted);

    every_record_is_on_the_map(&fs::read_to_string(path("all.geojson")).unwrap(), &records);
    let daemon = Daemon::start(&folder.path().join("demo/ledger"));
    let out = path("live.csv");
    let url = &daemon.url;
    typed(&format!(
        "records export --from {url} --policy {policy} --format csv --out {out}"
    ))
    .exits(0);
    assert_eq!(fs::read(out).unwrap(), fs::read(path("all.csv")).unwrap());
    a_damaged_export_gives_no_table(&from, &policy, &path("damaged.csv"));
}

fn every_record_is_on_the_map(geojson: &str, records: &[Value]) {
    let map: Value = serde_json::from_str(geojson).unwrap();
    assert_eq!(map["type"], "FeatureCollection");
    let features = map["features"].as_array().unwrap();
    assert_eq!(features.len(), 60);
    let mut without = 0;
    for (feature, line) in features.iter().zip(records) {
        assert_eq!(feature["id"], line["record_id"]);
        let point = &line["record"]["place"]["point"];
        if point.is_null() {
            without += 1;
            assert!(feature["geometry"].is_null());
            continue;
        }
        let places = &feature["geometry"]["coordinates"];
        for (at, unit) in [(0, "lon_e7"), (1, "lat_e7")] {
            let degrees = places[at].as_f64().unwrap();
            let units = point[unit].as_i64().unwrap();
            assert_eq!(format!("{:.0}", degrees * 1e7), units.to_string());
        }
        assert_eq!(
            feature["properties"]["uncertainty_m"],
            point["uncertainty_m"]
        );
    }
    assert!(without > 0 && without < 60, "{without}");
}

fn a_damaged_export_gives_no_table(from: &str, policy: &str, out: &str) {
    let tile = Path::new(from).join("tile/entries/000.p/70");
    let mut bytes = fs::read(&tile).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&tile, bytes).unwrap();
    typed(&format!(
        "records export --from {from} --policy {policy} --format csv --out {out}"
    ))
    .exits(1);
    assert!(!Path::new(out).exists());
}

#[test]
fn a_planted_formula_is_guarded_and_columns_can_be_chosen() {
    let (world, daemon) = World::start();
    let planted = "=HYPERLINK(\"\"http://example.org\"\",\"\"x;=1\"\")";
    let row = GOOD.replacen("A strike", &format!("\"{planted}\""), 1);
    let file = world.path("table.csv");
    fs::write(&file, format!("\u{feff}{HEADER}\r\n{row}\r\n")).unwrap();
    let out = world.path("drafts");
    import(&file, &format!("--kind strike-event --out {out}")).exits(0);
    world.sign(&format!("{out}/row-0002.json"), "device.key");
    let (policy, url) = (world.policy(), &daemon.url);
    let signed = world.path("signed/row-0002.signed.json");
    typed(&format!("submit {signed} --to {url} --policy {policy}")).exits(0);

    let export = format!(
        "records export --from {url} --policy {policy} --out {}",
        world.path("out")
    );
    typed(&format!(
        "{export} --format csv --bom --columns record_id,title,lat,titles[0].text"
    ))
    .exits(0);
    let csv = fs::read_to_string(world.path("out")).unwrap();
    let mut lines = csv.strip_prefix('\u{feff}').unwrap().lines();
    assert_eq!(
        lines.next(),
        Some("\"record_id\",\"title\",\"lat\",\"titles[0].text\"")
    );
    let guarded = format!("\"'{planted}\"");
    assert!(
        lines
            .next()
            .unwrap()
            .ends_with(&format!(",{guarded},50.4501,{guarded}")),
        "{csv}"
    );
    typed(&format!("{export} --format jsonl")).exits(0);
    let line: Value =
        serde_json::from_str(&fs::read_to_string(world.path("out")).unwrap()).unwrap();
    assert_eq!(
        line["record"]["titles"][0]["text"],
        planted.replace("\"\"", "\"")
    );
    let unknown = typed(&format!("{export} --format csv --columns titel,marking")).exits(64);
    assert!(unknown.stderr.contains("titel") && unknown.stderr.contains("group of fields"));
}

#[test]
fn every_mistake_is_named_with_its_row_and_column_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let bad = |from: &str, to: &str| GOOD.replacen(from, to, 1);
    let rows = [
        GOOD.to_owned(),
        bad("2024-01-02", "2024-13-02"),
        bad("50.4501", "north 50"),
        bad("50.4501", "99.5"),
        bad(",ngo,", ",ngos,"),
        bad("1000,", "1.5,"),
        bad("2024-01-02", "45293"),
        bad("A strike", "\"two\nlines\""),
        bad(",UA,", ",Ukraine,"),
        format!("{GOOD},more"),
        bad(",clear,", ",,"),
    ];
    fs::write(path("t.csv"), format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    let options = format!("--kind strike-event --out {}", path("drafts"));
    let refused = import(&path("t.csv"), &format!("{options} --json")).exits(1);
    let wanted = [
        ("E-EDTF", "row 3, column F (occurred)"),
        ("E-TABLE-DEGREES", "row 4, column H (lat)"),
        ("E-COORD-RANGE", "row 5, column H (lat)"),
        ("E-JSON-VALUE", "row 6, column D (asserted_by_type)"),
        ("E-JSON-TYPE", "row 7, column J (uncertainty_m)"),
        ("E-TABLE-DATE", "row 8, column F (occurred)"),
        ("E-TITLE", "row 9, column A (title)"),
        ("E-ISO3166", "row 10, column G (country)"),
        ("E-TABLE-WIDTH", "row 11, column P"),
        ("E-TLP", "row 12"),
    ];
    let found = troubles(&refused);
    for (code, place) in wanted {
        let is_there = found
            .iter()
            .any(|(reason, at)| reason == code && at.contains(place));
        assert!(is_there, "{code} at {place} in {found:#?}");
    }
    assert!(found.iter().all(|(_, place)| !place.contains("row 2,")));
    assert!(!Path::new(&path("drafts")).exists());

    let skipped = import(&path("t.csv"), &format!("{options} --skip-bad --json"))
        .exits(0)
        .json();
    assert_eq!(skipped["good"], 1);
    assert_eq!(skipped["skipped"].as_array().unwrap().len(), 10);
    assert_eq!(drafts(&folder.path().join("drafts")).len(), 1);
    // Again: the same row is the same draft.
    import(&path("t.csv"), &format!("{options} --skip-bad")).exits(0);

    fs::write(path("h.csv"), format!("ocurred,{HEADER}\n2024,{GOOD}\n")).unwrap();
    let refused = import(&path("h.csv"), &format!("{options} --skip-bad --json")).exits(1);
    let found = troubles(&refused);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("row 1, column A (ocurred)"));
    fs::write(
        path("l.jsonl"),
        "{\"schema\":\"strike-event/1\"\n{\"schema\":\"no/1\"}\n",
    )
    .unwrap();
    let refused = import(&path("l.jsonl"), &format!("{options} --json")).exits(1);
    let codes: Vec<String> = troubles(&refused).into_iter().map(|it| it.0).collect();
    assert_eq!(codes, ["E-TABLE-FORMAT", "E-TABLE-KIND"]);
}

/// The header of the workbooks: one column more than the table's.
fn book_header() -> Vec<String> {
    format!("{HEADER},note").split(',').map(text).collect()
}

fn book_row(occurred: &str, note: &str) -> Vec<String> {
    let cells = GOOD.split(',').enumerate().map(|(at, cell)| match at {
        5 => occurred.to_owned(),
        7..=9 => number(cell),
        _ => text(cell),
    });
    cells.chain([note.to_owned()]).collect()
}

/// A workbook with two merged cells and a hidden sheet.
fn book(rows: Vec<Vec<String>>) -> Vec<u8> {
    let sheet = |name, hidden, rows| Sheet {
        name,
        hidden,
        rows,
        after: "<mergeCells count=\"1\"><mergeCell ref=\"A2:A3\"/></mergeCells>",
    };
    let old = vec![book_header()];
    workbook(&[sheet("strike-event", false, rows), sheet("old", true, old)])
}

#[test]
fn what_a_workbook_does_to_cells_is_undone_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let rows = vec![
        book_header(),
        book_row(&day("45293"), ""),
        vec![],
        book_row(&number("2024"), &number("123")),
        vec![String::new(), text(" ")],
    ];
    fs::write(path("good.xlsx"), book(rows)).unwrap();
    let out = format!("--out {} --json", path("drafts"));
    let done = import(&path("good.xlsx"), &out).exits(0).json();
    let read = drafts(&folder.path().join("drafts"));
    assert_eq!(read[0]["occurred"], "2024-01-02");
    assert_eq!(read[0]["place"]["point"]["lat_e7"], 504_501_000);
    assert_eq!(read[1]["occurred"], "2024");
    assert_eq!(read[1]["note"], "123");
    let findings = done["findings"].as_array().unwrap();
    let said = |code: &str| findings.iter().find(|it| it["code"] == code).unwrap();
    for (code, row, column) in [("N-TABLE-DATE", 2, "F"), ("W-TABLE-NUMBER", 4, "P")] {
        assert_eq!(said(code)["row"], row);
        assert_eq!(said(code)["column"], column);
    }
    assert_eq!(said("N-TABLE-MERGED")["value"], "A2:A3");
    assert_eq!(said("N-TABLE-EMPTY")["value"], "1 empty rows");
    assert_eq!(said("N-TABLE-IGNORED")["sheet"], "old");
}

#[test]
fn what_a_workbook_has_lost_is_refused_with_its_cell() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let rows = vec![
        book_header(),
        book_row(&formula("A1+1"), ""),
        book_row(&error("#REF!"), ""),
        book_row(&number("45293"), ""),
        book_row(&day("45293"), &day("45293")),
        book_row(&number("2024"), &number("1234567890123456")),
    ];
    fs::write(path("bad.xlsx"), book(rows)).unwrap();
    let out = format!("--out {} --json", path("drafts"));
    let found = troubles(&import(&path("bad.xlsx"), &out).exits(1));
    for (code, place) in [
        ("E-TABLE-CELL", "row 2, column F (occurred)"),
        ("E-TABLE-CELL", "row 3, column F (occurred)"),
        ("E-TABLE-DATE", "row 4, column F (occurred)"),
        ("E-TABLE-CELL", "row 5, column P (note)"),
        ("E-TABLE-CELL", "row 6, column P (note)"),
    ] {
        let is_it = |(reason, at): &(String, String)| reason == code && at.contains(place);
        assert!(found.iter().any(is_it), "{code} at {place} in {found:#?}");
    }
    assert_eq!(found.len(), 5, "{found:#?}");
    fs::write(path("broken.xlsx"), b"PK\x03\x04nothing").unwrap();
    let found = troubles(&import(&path("broken.xlsx"), &out).exits(1));
    assert_eq!(found[0].0, "E-TABLE-FORMAT");
}

#[test]
fn every_template_is_imported_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: String| folder.path().join(name).display().to_string();
    for kind in [
        "strike-event",
        "wreckage-finding",
        "component-observation",
        "intercepted-shipment",
        "custody-transfer",
        "statement",
    ] {
        let file = path(format!("{kind}.csv"));
        typed(&format!("import template {kind} --out {file}")).exits(0);
        let columns = fs::read_to_string(path(format!("{kind}.columns.csv"))).unwrap();
        assert!(
            columns.contains("place.point.uncertainty_m")
                && columns.contains("The radius in metres")
        );
        let ran = import(&file, &format!("--kind {kind} --dry-run --json"))
            .exits(0)
            .json();
        assert_eq!(
            (&ran["rows"], &ran["good"]),
            (&1.into(), &1.into()),
            "{kind}: {ran:#}"
        );
    }
}

#[test]
fn ten_thousand_rows_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut table = format!("{HEADER}\n");
    for row in 0..10_000 {
        let rest = GOOD.strip_prefix("A strike").unwrap();
        writeln!(table, "Synthetic strike {row}{rest}").unwrap();
    }
    fs::write(path("many.csv"), table).unwrap();
    let line = format!(
        "import {} --kind strike-event --out {} --json",
        path("many.csv"),
        path("out")
    );
    let done = run(line.split(' ')).exits(0).json();
    assert_eq!(
        (&done["rows"], &done["good"]),
        (&10_000.into(), &10_000.into())
    );
    assert_eq!(fs::read_dir(path("out")).unwrap().count(), 10_000);
}

#[test]
fn files_are_attached_once_and_travel_beside_the_bundle() {
    let (world, daemon) = World::start();
    let draft = world.path("wreck.toml");
    let text = fs::read_to_string({
        typed(&format!(
            "record new wreckage-finding --example --out {draft}"
        ))
        .exits(0);
        &draft
    })
    .unwrap();
    let without: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("attachments = "))
        .collect();
    for (name, bytes) in [
        ("photo-1.jpg", &b"one"[..]),
        ("photo-2.jpg", b"two"),
        ("x.unknown", b"three"),
    ] {
        fs::write(world.path(name), bytes).unwrap();
    }
    let (one, two, odd) = (
        world.path("photo-1.jpg"),
        world.path("photo-2.jpg"),
        world.path("x.unknown"),
    );
    // A list in one line is a person's, and stays as it is.
    let refused = typed(&format!(
        "record attach {draft} {one} {two} --role original"
    ))
    .exits(1);
    assert!(
        refused.stderr.contains("E-ATTACHMENT-DUP"),
        "{}",
        refused.stderr
    );
    let refused = typed(&format!("record attach {draft} {two} --role original")).exits(1);
    assert!(
        refused.stderr.contains("DRAFT_ATTACHMENTS"),
        "{}",
        refused.stderr
    );
    assert_eq!(fs::read_to_string(&draft).unwrap(), text);

    fs::write(&draft, without.join("\n")).unwrap();
    let first = typed(&format!(
        "record attach {draft} {one} --role original --json"
    ))
    .exits(0)
    .json();
    // SHA-256 of `one`.
    assert_eq!(
        first["attached"][0]["sha256"],
        "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    );
    assert_eq!(first["attached"][0]["media_type"], "image/jpeg");
    let again = typed(&format!(
        "record attach {draft} {one} {two} {odd} --role original"
    ))
    .exits(0);
    assert!(again.stdout.contains("attached already") && again.stderr.contains("--media-type"));
    let text = fs::read_to_string(&draft).unwrap();
    assert!(
        text.starts_with("# A wreckage-finding record."),
        "the comments are gone"
    );
    typed(&format!("record check {draft}")).exits(0);

    the_files_are_checked_beside_the_bundle(&world, &daemon.url, [&draft, &one, &two]);
}

fn the_files_are_checked_beside_the_bundle(world: &World, url: &str, files: [&str; 3]) {
    let [draft, one, two] = files;
    world.sign(draft, "device.key");
    let policy = world.policy();
    let signed = world.path("signed/wreck.signed.json");
    typed(&format!("submit {signed} --to {url} --policy {policy}")).exits(0);
    let bundle = world.path("bundle.json");
    let prove = format!("prove 3 --from {url} --policy {policy} --out {bundle}");
    let all = typed(&format!("{prove} --files all --json"))
        .exits(0)
        .json();
    assert_eq!(all["verdict"], "verified", "{all:#}");
    fs::write(two, b"tw0").unwrap();
    typed(&format!("verify {bundle} --policy {policy}")).exits(1);
    typed(&format!("{prove} --files photo-1.jpg")).exits(0);
    typed(&format!("verify {bundle} --policy {policy}")).exits(0);
    fs::remove_file(one).unwrap();
    typed(&format!("verify {bundle} --policy {policy}")).exits(2);
    typed(&format!("{prove} --files photo-9.jpg")).exits(64);
}
