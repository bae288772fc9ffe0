#ifndef TESTS_UNIT_CONF_HELPER_H
#define TESTS_UNIT_CONF_HELPER_H

#include "conf/parse.h"

/* The pure parsers, as if the file were /etc/seshet/seshet.conf or /etc/networks.d/net.conf. */
struct conf_main *parse_main(const char *text, struct conf_errors *errors);
struct conf_network *parse_network(const char *text, struct conf_errors *errors);

/* All errors, one a line; the caller frees it. Frees the errors. */
char *take_errors(struct conf_errors *errors);

/* The text must be refused with just these lines. */
void assert_main_errors(const char *text, const char *wanted);
void assert_network_errors(const char *text, const char *wanted);

/* Writes a file below `dir` and returns its path, which the caller frees. */
char *write_file(const char *dir, const char *name, const char *text, unsigned mode);
/* A fresh folder; remove_dir takes it away with its files. */
char *make_dir(void);
void remove_dir(char *dir);

#endif
