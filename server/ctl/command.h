#ifndef SERVER_CTL_COMMAND_H
#define SERVER_CTL_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "server/ctl/client.h"
#include "server/ctl/table.h"
#include "server/spec/spec.h"

/* One run of the program: whom it asks, and how it prints. */
struct session {
    const char *socket;
    const char *conf; /* the configuration that named it; NULL: none */
    bool json;
    struct screen screen;
};

/* How a command's answer is shown, or the whole of a command that asks more than once, or no
 * server: then the socket may be NULL. */
struct ctl_command {
    /* Prints the result; its exit status is the program's. */
    enum ctl_exit (*show)(const struct screen *screen, const json_t *result);
    /* The exit status with --json, which prints the result by itself; NULL: CTL_OK. */
    enum ctl_exit (*judge)(const json_t *result);
    /* Instead, and it prints for --json too. args is borrowed. */
    enum ctl_exit (*run)(const struct session *session, json_t *args);
};

/* By enum command; each group fills in its own. */
void ctl_status_commands(struct ctl_command *commands);
void ctl_module_commands(struct ctl_command *commands);
void ctl_show_commands(struct ctl_command *commands);
void ctl_edit_commands(struct ctl_command *commands);
void ctl_why_commands(struct ctl_command *commands);
void ctl_network_commands(struct ctl_command *commands);
void ctl_registry_commands(struct ctl_command *commands);
void ctl_transfer_commands(struct ctl_command *commands);
void ctl_account_commands(struct ctl_command *commands);
void ctl_capability_commands(struct ctl_command *commands);
void ctl_import_commands(struct ctl_command *commands);
void ctl_kit_commands(struct ctl_command *commands);
void ctl_logs_commands(struct ctl_command *commands);

/* Asks the server. CTL_OK and *result (a new reference), or the complaint was printed. */
enum ctl_exit ctl_ask(const struct session *session, enum command command, json_t *args,
                      json_t **result);
/* One line on standard error. Returns the status. */
enum ctl_exit ctl_complain(enum ctl_exit status, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void ctl_print_json(const json_t *value);
/* The lines of an answer to module logs. */
void ctl_print_log(const struct screen *screen, const json_t *lines);

/* How the program is used; how one command is. */
void ctl_usage(void);
void ctl_usage_of(const struct command_spec *spec);
/* Whether there are commands that begin with these words and go on; which. */
bool ctl_is_group(char *const *words, size_t count);
void ctl_usage_of_group(FILE *out, char *const *words, size_t count);
void ctl_usage_of_completion(void);
/* A script for bash, and what it asks when a word is to be completed: the words up to and with that
 * one, without the program's name. session: to ask the server; its socket may be NULL. */
void ctl_print_completion(void);
void ctl_complete(const struct session *session, char *const *words, size_t count);
void ctl_complete_file(void); /* the word is a file's name */
enum { CTL_OPTIONS = 6 };
extern const char *const ctl_options[CTL_OPTIONS + 1]; /* of the program itself; ends with NULL */

#endif
