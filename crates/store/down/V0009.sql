drop table kontor.exports;
