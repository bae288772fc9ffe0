#ifndef ROOM_H
#define ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <seshet/test.h>
#include <stdio.h>
#include <string.h>

/* A module in #chan: with the bot, the operator olga, and alice and bob. */
seshet_test *room_open(const char *module);
/* The same with permissions: "files". */
seshet_test *room_open_permitted(const char *module, const char *permissions);

/* The next line is exactly this. */
void room_hears(seshet_test *t, const char *line);
void room_silent(seshet_test *t);
/* nick says it in #chan, and is answered with this alone. */
void room_answers(seshet_test *t, const char *nick, const char *text, const char *answer);
/* nick says it in #chan, and is told who may do that with the module: "delete quotes". */
void room_refuses(seshet_test *t, const char *nick, const char *text, const char *module,
                  const char *what);

#endif
