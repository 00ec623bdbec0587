#include "identities.h"

identity authority, other_authority, good, by_address, expired, future, unknown, nameless, own_client,
    wrong_client;

void identities_make(void)
{
  authority = identity_make("Test Authority", NULL, NULL, -DAY, DAY);
  other_authority = identity_make("Other Authority", NULL, NULL, -DAY, DAY);
  good = identity_make("good", "DNS:localhost", &authority, -DAY, DAY);
  by_address = identity_make("by address", "IP:127.0.0.1,IP:::1", &authority, -DAY, DAY);
  expired = identity_make("expired", "DNS:localhost", &authority, -2 * DAY, -DAY);
  future = identity_make("future", "DNS:localhost", &authority, DAY, 2 * DAY);
  unknown = identity_make("unknown", "DNS:localhost", &other_authority, -DAY, DAY);
  nameless = identity_make("localhost", NULL, &authority, -DAY, DAY);
  own_client = identity_make("client", "DNS:client", &authority, -DAY, DAY);
  wrong_client = identity_make("wrong client", "DNS:client", &other_authority, -DAY, DAY);
}

void identities_free(void)
{
  identity *all[] = {&authority, &other_authority, &good, &by_address, &expired, &future, &unknown, &nameless,
      &own_client, &wrong_client};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    identity_free(all[i]);
}
