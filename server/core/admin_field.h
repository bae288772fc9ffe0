#ifndef SERVER_CORE_ADMIN_FIELD_H
#define SERVER_CORE_ADMIN_FIELD_H

#include "server/core/core.h"

/*
 * What an administrator on IRC may change of a module: nobody opens for himself what he has not.
 * The fields permissions, group and deadline are an owner's, and so is taking a whole definition
 * away. The capability may be changed by who has both the old and the new one, the profile by whom
 * the old one lets in. network: of the overlay; "": the shared definition. False after core_deny.
 */
bool core_may_set(const struct command_call *call, const struct command_spec *spec,
                  const json_t *args, const char *network);

#endif
