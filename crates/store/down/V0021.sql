drop table kontor.stored_files;
