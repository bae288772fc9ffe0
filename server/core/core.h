#ifndef SERVER_CORE_CORE_H
#define SERVER_CORE_CORE_H

#include "base/buf.h"
#include "net/proto/line.h"
#include "registry/account_edit.h"
#include "server/admin/commands.h"
#include "server/auth/auth.h"
#include "server/spec/spec.h"

/*
 * What the core commands share. Each group of them has a file of its own; run.h names their
 * functions for the table.
 */

/* ---- Words ------------------------------------------------------------------------------------
 */

/* Room for any word of a command. */
#define CORE_WORD_SIZE (LINE_MAX_REST + 1)

/* The first word of the text into dst ("" when there is none); returns what stands behind it. */
const char *core_word(const char *text, char dst[CORE_WORD_SIZE]);
/* Whether the text begins with all words of the command's name; then where its arguments begin. */
const char *core_command_match(const struct core_command *command, const char *text);
/* Answers with the usage of the call's command. */
void core_reply_usage(const struct command_call *call);
/* The channel that the first word of *args names (which is taken off then), or else where the
 * command was said. NULL, and the usage is the answer, when there is neither. */
const char *core_channel(const struct command_call *call, const char **args,
                         char dst[CORE_WORD_SIZE]);

/* ---- Answers ----------------------------------------------------------------------------------
 */

/* The buffer's text; it is freed. */
void core_reply_buf(const struct command_call *call, struct buf *text);
/* A notice to the source alone. */
void core_notice(const struct command_call *call, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the command came in private, as one with a password must; if not, the source is warned.
 */
bool core_secret_in_private(const struct command_call *call);

/* An answer that comes when the call is over: to where an answer went then. */
struct core_later;
struct core_later *core_later_new(const struct command_call *call);
void core_later_free(struct core_later *later); /* without an answer; NULL is fine */
/* Answers and frees. */
void core_later_end(struct core_later *later, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct server *core_later_server(const struct core_later *later);
/* NULL when the network is gone. */
struct network *core_later_network(const struct core_later *later);

/* ---- Rights -----------------------------------------------------------------------------------
 */

struct auth_source core_source(const struct command_call *call);
/* Whether the source has it on that network; network "": wherever nothing is said of a network, and
 * on each that anything is known of. Nobody has a power by an account that is denied it on the
 * network where he speaks. capability: without a network in its name. */
bool core_has(const struct command_call *call, const char *network, const char *capability);
/* Whether he has it on any network. */
bool core_has_anywhere(const struct command_call *call, const char *capability);
/* The same for the op of a channel of this network. */
bool core_has_op(const struct command_call *call, const char *channel);
/* Nothing in the channel; in private, once in a while, what is missing. */
void core_deny(const struct command_call *call, const char *capability);
/* The network's capability, or else core_deny. */
bool core_need(const struct command_call *call, const char *network, const char *capability);
/* Whether no anticapability, and no default of deny, closes the command to the source. */
bool core_open(const struct command_call *call, const struct core_command *command);
void core_tell_closed(const struct command_call *call); /* as core_deny */
/* Whether it is open, and the source has what the command needs. */
bool core_may(const struct command_call *call, const struct core_command *command);

/* Whether the source has the capability itself, on the network in its name, or on all: then he may
 * give it, take it away, and say its anticapability. */
bool core_has_parsed(const struct command_call *call, const struct capability *c);
void core_deny_parsed(const struct command_call *call, const struct capability *c);

/* ---- Writing ----------------------------------------------------------------------------------
 */

/* Writes the edit (taken over) and answers: done (allocated, taken over) when Redis has it, or what
 * is wrong. */
void core_commit(const struct command_call *call, struct registry_edit *edit, char *done);
/* The same with another answer, taken over too, when Redis had it so before. */
void core_commit_or(const struct command_call *call, struct registry_edit *edit, char *done,
                    char *unchanged);
/* The same, from a call that is over. */
void core_commit_later(struct core_later *later, struct registry_edit *edit, char *done);
/* For one edit that cannot be: frees it and answers with why. */
void core_refuse_edit(const struct command_call *call, struct registry_edit *edit, const char *why);

/* The same for one capability; of HOLDER_CHANNEL the call's channel is meant. */
void core_edit_capability(const struct command_call *call, const struct capability_place *place,
                          const struct capability *c, bool add);
/* "a, b, c", or "none" */
void core_write_set(struct buf *text, const struct capability_set *set);

/* Whether the core command is the one by which the administrator's command is called. */
bool core_admin_group(const struct core_command *command, const struct command_spec *spec);

#endif
