//! Columns that are missing, renamed, left out.

use super::*;

#[test]
fn a_missing_column_is_named() {
    let row = rows(|k| format!("{k},{},{},{}", k * k, k * k * k, 2.0 * k));
    let error = refused(&format!("t,x,y,vx\n{row}"));
    assert!(error.contains("`y` has no column like `vx`, which belongs to `x`"), "{error}");
    assert!(error.contains("COLUMN=vy"), "{error}");
    let error = refused(&format!("t,x,y,vz\n{row}"));
    assert!(error.contains("`vz` looks like a velocity"), "{error}");
    let error = refused(&format!("a,x,y,vx\n{row}"));
    assert!(error.contains("there is no column of times") && error.contains("--columns \"a=t\""), "{error}");
    let error = refused(&format!("t,x,y,x\n{row}"));
    assert!(error.contains("there are two columns `x`"), "{error}");
    let error = refused(&row);
    assert!(error.contains("there is no header line") && error.contains("--columns 1=t,2=x,3=y"), "{error}");
}

#[test]
fn columns_are_renamed_numbered_and_left_out() {
    let body = rows(|k| {
        let (t, x, v) = state(k);
        format!("{t},{x},{v},7")
    });
    let options =
        |map: &str| ReadOptions { columns: ColumnMap::parse(map).unwrap(), ..ReadOptions::default() };
    let reading = with(&format!("clock,A,B,C\n{body}"), &options("clock=t,A=x,B=vx,C=-")).unwrap();
    assert!(reading.understood.ends_with("time t; position x; its velocity vx") && reading.notes.is_empty());
    let reading = with(&body, &options("1=t,2=x,3=v")).unwrap();
    assert_eq!(reading.understood, PLAIN);
    assert_eq!(reading.notes, ["a.csv: not used: number 4 (without a name)"]);
}
