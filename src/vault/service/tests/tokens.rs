//! Tokens: what makes them good, and void.

use super::*;
use crate::wire::vault_admin::Forget;
use crate::wire::vault_web::RevokeToken;

#[test]
fn a_token_makes_aliases_until_it_is_revoked() {
    run(|context| async move {
        let (one, other) = (token(&context).await, token(&context).await);
        let (alias, _) = the_one(ask(&context, by_token(&one)).await);
        assert!(matches!(admit(&context, &alias).await, AdmitAnswer::Admitted { .. }));
        let elsewhere = Order { domain: Some("two.example".to_owned()), ..by_token(&one) };
        assert!(the_one(ask(&context, elsewhere).await).0.as_str().ends_with("@two.example"));
        assert_eq!(web(&context, RevokeToken { token: one.clone() }).await, Ok(()));
        assert_eq!(ask(&context, by_token(&one)).await, Err(RequestError::InvalidToken));
        assert_eq!(web(&context, RevokeToken { token: one }).await, Err(RequestError::InvalidToken));
        the_one(ask(&context, by_token(&other)).await);
        let forget = Forget { address: "someone@real.example".to_owned(), forever: false };
        assert_eq!(admin(&context, forget).await, Ok(3));
        assert_eq!(ask(&context, by_token(&other)).await, Err(RequestError::InvalidToken));
    });
}

#[test]
fn tokens_of_another_epoch_are_void() {
    run(|context| async move {
        let token = token(&context).await;
        let settings = Live { token_epoch: 2, ..Live::clone(&context.live()) };
        context.reload(settings);
        assert_eq!(ask(&context, by_token(&token)).await, Err(RequestError::InvalidToken));
    });
}
