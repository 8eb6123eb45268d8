import HTTPTypes
import Hummingbird
import Reports

/// The page at `/`: one document, its look and its scripts, which are part of the program.
enum PageRoutes {
  private static let styles = "/page/studio.css", script = "/page/studio.js"

  /// What is answered without a token: it holds no secret, and asks for the token itself.
  static let open = ["/", styles, script]

  /// What a browser may do for the page: ask this service, show and play what the page makes.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data: blob:; "
    + "media-src data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

  static func add(to router: Router<ServiceContext>) {
    let look = Page.styles + PackageResources.studio_css
    let code = Page.clipScripts + PackageResources.studio_js
    router.get("/") { _, context in
      var answer = Answer.data(PackageResources.studio_html, type: "text/html; charset=utf-8", on: context.channel)
      answer.headers[.contentSecurityPolicy] = policy
      return answer
    }
    router.get(RouterPath(styles)) { _, context in
      Answer.data(look, type: "text/css; charset=utf-8", on: context.channel)
    }
    router.get(RouterPath(script)) { _, context in
      Answer.data(code, type: "text/javascript; charset=utf-8", on: context.channel)
    }
  }
}
