// A provider for the tests: node provider.js SETTINGS, a file of JSON with port, client, keys and people. The people are
// read again for each request, so that a test can change somebody's groups. A person signs in by a name alone.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const settings = () => JSON.parse(readFileSync(process.argv[2], "utf8"));
const { port, client, keys } = settings();
const issuer = `http://localhost:${port}`;

const provider = new Provider(issuer, {
  clients: [client],
  jwks: { keys },
  cookies: { keys: ["of the tests alone"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username", "groups"] },
  scopes: ["openid", "email", "profile"],
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: true, logoutSource: (ctx, form) => (ctx.body = page(`${form}<button form="op.logoutForm" name="logout" value="yes">Yes, sign out</button>`)) },
  },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...settings().people[id] }) }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

const page = (content) => `<!doctype html><html lang="en"><title>The provider</title><body>${content}</body></html>`;
const answer = provider.callback();

createServer(async (request, response) => {
  if (request.url === "/favicon.ico") return response.writeHead(204).end();
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  if (request.method === "GET") {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    return response.end(page('<form method="post"><label>Name <input name="login"></label><button>Continue</button></form>'));
  }
  let body = "";
  for await (const chunk of request) body += chunk;
  const login = new URLSearchParams(body).get("login");
  return provider.interactionFinished(request, response, login ? { login: { accountId: login } } : { error: "access_denied" });
}).listen(port, "localhost", () => console.log("ready"));
