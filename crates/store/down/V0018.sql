drop table kontor.unchecked;
