drop function kontor.like_pattern(text);
drop function kontor.fold(text);
drop function kontor.workspace();
drop schema data;
revoke usage on schema kontor from kontor_app;
