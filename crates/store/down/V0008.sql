drop table kontor.import_links, kontor.import_keys, kontor.import_errors, kontor.import_chunks, kontor.imports,
    kontor.import_uploads;
