//! Suggested mappings for the files of other programs; every expectation was looked over by a person.
use super::shared;
use crate::read::{Dialect, read};
use crate::suggest::{Suggestion, columns, mapping};
use meta::{Library, Model};

fn model() -> Model {
    Library::shipped().model(&["sales"], None).expect("the blueprint is sound")
}

fn suggest(object: &str, bytes: &[u8]) -> Vec<Suggestion> {
    let model = model();
    let sheet = read("a.csv", bytes, &Dialect::default()).expect("a table");
    columns(&model, model.object(object).expect("an object"), &sheet.header, &sheet.rows)
}

fn field<'s>(all: &'s [Suggestion], column: &str) -> Option<&'s str> {
    all.iter().find(|s| s.column == column).unwrap_or_else(|| panic!("no column {column}")).field.as_deref()
}

fn expect(all: &[Suggestion], expected: &[(&str, Option<&str>)]) {
    let wrong: Vec<_> = expected.iter().filter(|(column, to)| field(all, column) != *to).collect();
    let told: Vec<_> = wrong.iter().map(|(c, to)| (c, to, field(all, c))).collect();
    assert!(wrong.is_empty(), "column, expected, suggested: {told:#?}");
}

#[test]
fn columns_are_known_by_names_words_of_others_slips_and_values() {
    let text = "Vorname,Nachname,E-Mail-Adresse,Telefon,Geburtsdatum,Strasse,PLZ,Ort,Firma,Kontaktmail,Abteilug,Xyz\n\
        Ann,Lee,ann@x.org,+49 431 123456,24.12.1980,Hafenweg 1,24103,Kiel,Nordwind,,Vertrieb,a\n\
        Bo,Ray,bo@x.org,0431 654321,01.02.1975,Deich 2,24105,Kiel,Seewind,,Technik,b\n";
    let all = suggest("contact", text.as_bytes());
    expect(
        &all,
        &[
            ("Vorname", Some("first_name")),
            ("Nachname", Some("last_name")),
            ("E-Mail-Adresse", Some("email")),
            ("Telefon", Some("phone")),
            ("Geburtsdatum", Some("birth_date")),
            ("Strasse", Some("address.street")),
            ("PLZ", Some("address.postal_code")),
            ("Ort", Some("address.city")),
            ("Firma", Some("client_id")),
            ("Xyz", None),
        ],
    );
    let of = |column: &str| all.iter().find(|s| s.column == column).expect("a column");
    assert_eq!(of("Geburtsdatum").how["format"], "%d.%m.%Y");
    assert_eq!(of("Firma").how["by"], "name");
    assert!(of("Vorname").confidence > 0.9 && of("Xyz").confidence == 0.0);
    assert_eq!(of("PLZ").samples, ["24103", "24105"]);

    let slip = suggest("contact", b"departmant,whatever\nSales,a@b.org\nLegal,c@d.org\n");
    expect(&slip, &[("departmant", Some("department")), ("whatever", Some("email"))]);
    assert!(slip.iter().all(|s| s.confidence < 0.9), "a guess is to be looked over: {slip:#?}");
}

#[test]
fn what_is_suggested_is_a_mapping_that_fits() {
    let text = "Id,First Name,Last Name,Email,Born,Nothing\nA1,Ann,Lee,a@x.org,12/31/1980,\n";
    let model = model();
    let object = model.object("contact").expect("an object");
    let made = mapping(object, &suggest("contact", text.as_bytes()));
    assert_eq!(made["key"], serde_json::json!(["external_id"]));
    assert_eq!(made["columns"]["Nothing"], false);
    crate::Mapping::from_json(&made).expect("a mapping");
}

#[test]
fn exports_of_salesforce_are_understood() {
    let Some(data) = shared() else { return };
    let open = |object: &str, file: &str| {
        suggest(object, &std::fs::read(data.join("salesforce-devorg").join(file)).expect(file))
    };
    expect(
        &open("contact", "Contact.csv"),
        &[
            ("Id", Some("external_id")),
            ("IsDeleted", None),
            ("AccountId", Some("client_id")),
            ("LastName", Some("last_name")),
            ("FirstName", Some("first_name")),
            ("Phone", Some("phone")),
            ("MobilePhone", Some("mobile")),
            ("AssistantPhone", Some("assistant_phone")),
            ("Email", Some("email")),
            ("Title", Some("job_title")),
            ("Department", Some("department")),
            ("LeadSource", Some("lead_source")),
        ],
    );
    expect(
        &open("client", "Account.csv"),
        &[
            ("Id", Some("external_id")),
            ("Name", Some("name")),
            ("ParentId", Some("parent_id")),
            ("BillingCity", Some("billing_address.city")),
            ("BillingState", Some("billing_address.region")),
            ("BillingPostalCode", Some("billing_address.postal_code")),
            ("Industry", Some("industry")),
            ("AnnualRevenue", Some("annual_revenue")),
            ("NumberOfEmployees", Some("employees")),
            ("Ownership", Some("ownership")),
            ("Rating", Some("rating")),
        ],
    );
    let lead = open("lead", "Lead.csv");
    expect(
        &lead,
        &[
            ("Company", Some("company_name")),
            ("Salutation", Some("salutation")),
            ("Website", Some("website")),
            ("Status", Some("status")),
            ("OwnerId", Some("owner_id")),
            ("ConvertedDate", Some("converted_on")),
        ],
    );
    let converted = lead.iter().find(|s| s.column == "ConvertedDate").expect("a column");
    assert_eq!(converted.how["format"], "%m/%d/%y");
    expect(
        &open("deal", "Opportunity.csv"),
        &[
            ("AccountId", Some("client_id")),
            ("Name", Some("name")),
            ("StageName", Some("stage")),
            ("Amount", Some("amount")),
            ("Probability", Some("probability")),
            ("CloseDate", Some("close_date")),
            ("NextStep", Some("next_step")),
        ],
    );
}

#[test]
fn exports_of_hubspot_are_understood_though_their_values_are_hashed() {
    let Some(data) = shared() else { return };
    let open = |object: &str, file: &str| {
        suggest(object, &std::fs::read(data.join("hubspot-fivetran").join(file)).expect(file))
    };
    expect(
        &open("contact", "contact_data.csv"),
        &[
            ("id", Some("external_id")),
            ("property_email", Some("email")),
            ("property_firstname", Some("first_name")),
            ("property_lastname", Some("last_name")),
            ("property_company", Some("client_id")),
            ("property_jobtitle", Some("job_title")),
            ("_fivetran_deleted", None),
        ],
    );
    expect(
        &open("client", "company_data.csv"),
        &[
            ("id", Some("external_id")),
            ("property_name", Some("name")),
            ("property_description", Some("description")),
            ("property_industry", Some("industry")),
            ("property_address", Some("billing_address.street")),
            ("property_address_2", Some("billing_address.street2")),
            ("property_city", Some("billing_address.city")),
            ("property_country", Some("billing_address.country")),
            ("property_annualrevenue", Some("annual_revenue")),
        ],
    );
    expect(
        &open("deal", "deal_data.csv"),
        &[
            ("property_dealname", Some("name")),
            ("property_amount", Some("amount")),
            ("property_closedate", Some("close_date")),
            ("owner_id", Some("owner_id")),
        ],
    );
}

#[test]
fn an_address_book_is_understood() {
    let Some(data) = shared() else { return };
    let file = data.join("csv-torture/thunderbird-import/basic_csv_addressbook.csv");
    expect(
        &suggest("contact", &std::fs::read(file).expect("readable")),
        &[
            ("First Name", Some("first_name")),
            ("Last Name", Some("last_name")),
            ("Primary Email", Some("email")),
            ("Work Phone", Some("phone")),
            ("Mobile Number", Some("mobile")),
            ("Fax Number", Some("fax")),
            ("Work Address", Some("address.street")),
            ("Work City", Some("address.city")),
            ("Work ZipCode", Some("address.postal_code")),
            ("Job Title", Some("job_title")),
            ("Department", Some("department")),
            ("Organization", Some("client_id")),
        ],
    );
}
