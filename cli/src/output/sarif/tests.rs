// SPDX-License-Identifier: MIT OR Apache-2.0

use serde_json::Value;

use super::super::Format;
use super::super::fixture::Fixture;
use super::{escape, uri};

const OASIS: &str = include_str!("../../../../testdata/schema/sarif-2.1.0.json");

fn parsed(fixture: &Fixture) -> Value {
    serde_json::from_str(&fixture.render(Format::Sarif)).unwrap()
}

fn assert_valid(log: &Value) {
    let schema: Value = serde_json::from_str(OASIS).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn the_log_is_valid() {
    let mut fixture = Fixture::new();
    assert_valid(&parsed(&fixture));
    fixture.lengthen(30);
    fixture.forget_sources();
    assert_valid(&parsed(&fixture));
    fixture.suppress("it is known");
    let log = parsed(&fixture);
    assert_valid(&log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(
        results.last().unwrap()["suppressions"][0]["justification"],
        "it is known"
    );
    fixture.findings.clear();
    fixture.units.failed.clear();
    assert_valid(&parsed(&fixture));
}

#[test]
fn a_result_has_its_place_flow_and_fingerprint() {
    let log = parsed(&Fixture::new());
    let run = &log["runs"][0];
    let result = &run["results"][0];
    assert_eq!(
        result["partialFingerprints"]["waitctx/v1"],
        "0123456789abcdef"
    );
    assert_eq!(result["ruleIndex"], 0);
    assert_eq!(
        result["message"]["text"],
        "`insert_work` allocates memory [while `pool.lock` (raw_spinlock_t) is held](1). \
         It comes to [`alloc_pages` in `helper_alloc`](2). This is wrong on PREEMPT_RT, where a spinlock_t sleeps, and CONFIG_PROVE_RAW_LOCK_NESTING \
         reports it on every kernel; GFP_ATOMIC does not help: the allocator takes spinlock_t \
         whatever the flags."
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "kernel/work.c");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "SRCROOT");
    assert_eq!(place["region"]["startLine"], 10);
    assert_eq!(place["region"]["snippet"]["text"], "insert_work(work)");
    assert_eq!(place["contextRegion"]["startLine"], 7);
    assert_eq!(place["contextRegion"]["endLine"], 12);
    assert_eq!(result["relatedLocations"][0]["id"], 1);
    assert_eq!(
        result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"],
        9
    );
    assert_eq!(result["relatedLocations"][1]["id"], 2);
    assert_eq!(
        result["relatedLocations"][1]["physicalLocation"]["artifactLocation"]["uri"],
        "mm/alloc.c"
    );
    let flow = result["codeFlows"][0]["threadFlows"][0]["locations"]
        .as_array()
        .unwrap();
    let lines: Vec<&Value> = flow
        .iter()
        .map(|step| &step["location"]["physicalLocation"]["region"]["startLine"])
        .collect();
    assert_eq!(lines, [9, 10, 4, 3]);
    let levels: Vec<&Value> = flow.iter().map(|step| &step["nestingLevel"]).collect();
    assert_eq!(levels, [0, 0, 1, 2]);
    assert_eq!(
        flow[3]["location"]["logicalLocations"][0]["fullyQualifiedName"],
        "helper_alloc"
    );
}

#[test]
fn failed_units_and_hidden_findings_are_notifications() {
    let log = parsed(&Fixture::new());
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true);
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    let ids: Vec<&Value> = notifications
        .iter()
        .map(|it| &it["descriptor"]["id"])
        .collect();
    assert_eq!(ids, ["unit-damaged", "findings-hidden"]);
}

#[test]
fn the_limits_of_code_scanning_are_kept_and_said() {
    let mut fixture = Fixture::new();
    fixture.lengthen(1200);
    let one = fixture.findings[0].clone();
    fixture.findings[0].witness.truncate(1100);
    let log = parsed(&fixture);
    let run = &log["runs"][0];
    let flow = &run["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
    assert_eq!(flow.as_array().unwrap().len(), 1000);

    let mut short = one;
    short.witness.drain(2..1202);
    fixture.findings = vec![short; 4];
    let log = fixture.present(|it| serde_json::to_value(super::log(it, 3, 20)).unwrap());
    let run = &log["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 3);
    let notifications = &run["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(notifications[1]["descriptor"]["id"], "report-cut");
}

#[test]
fn each_configuration_is_a_run_of_its_own() {
    let mut fixture = Fixture::new();
    fixture.configure(&["x86", "arm64", "x86+rt"]);
    let log = parsed(&fixture);
    assert_valid(&log);
    let of_runs = |what: fn(&Value) -> Value| -> Vec<Value> {
        log["runs"].as_array().unwrap().iter().map(what).collect()
    };
    assert_eq!(
        of_runs(|run| run["automationDetails"]["id"].clone()),
        ["waitctx/x86/", "waitctx/arm64/", "waitctx/x86+rt/"]
    );
    let results = |run: &Value| run["results"].as_array().unwrap().len().into();
    assert_eq!(of_runs(results), [1, 0, 0]);
    // Each says of itself what it could not read, and the first what is left out.
    let told = |run: &Value| {
        let told = &run["invocations"][0]["toolExecutionNotifications"];
        let told = told.as_array().unwrap().iter();
        told.map(|it| it["descriptor"]["id"].clone()).collect()
    };
    let expected: [&[&str]; 3] = [&["findings-hidden"], &["unit-damaged"], &[]];
    assert_eq!(of_runs(told), expected.map(Value::from));
}

#[test]
fn more_configurations_than_services_take_share_the_last_run() {
    let mut fixture = Fixture::new();
    fixture.configure(&["a", "b", "c", "d"]);
    fixture.findings[0].configurations = vec!["c".to_owned(), "d".to_owned()];
    let log = fixture.present(|it| serde_json::to_value(super::log(it, 9, 3)).unwrap());
    assert_valid(&log);
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 3);
    let last = &runs[2];
    assert_eq!(last["automationDetails"]["id"], "waitctx/all others/");
    assert_eq!(last["results"].as_array().unwrap().len(), 1);
    let told = &last["invocations"][0]["toolExecutionNotifications"];
    let text = told[0]["message"]["text"].as_str().unwrap();
    assert!(text.ends_with("2 configurations: c, d."), "{text}");
}

#[test]
fn no_place_of_this_machine_is_in_it() {
    let text = Fixture::new().render(Format::Sarif);
    let directory = std::env::temp_dir();
    assert!(!text.contains(directory.to_str().unwrap()), "{text}");
    assert!(!text.contains("file://"), "{text}");
}

#[test]
fn text_that_looks_like_a_link_is_escaped() {
    assert_eq!(escape("a[1](2)"), "a\\[1\\](2)");
    assert_eq!(uri("a b/\u{e9}.c"), "a%20b/%C3%A9.c");
}
