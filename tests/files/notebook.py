"""Models pasted as they stand in a notebook; X, Y, Z, GROUP and N_GROUPS come from the generator."""

with pm.Model() as naive_model:
    # Priors
    intercept_sd = 10
    alpha = pm.Normal("alpha", 0, intercept_sd)
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)

    # Likelihood
    p = pm.math.invlogit(alpha + beta_XY * X + beta_ZY * Z[GROUP])
    pm.Bernoulli("Y_obs", p=p, observed=Y)
    naive_posterior = pm.sample()

compare_posteriors([naive_posterior], labels=["naive"])

with pm.Model() as fixed_effects_model:
    intercept_sd = 10
    alpha = pm.Normal("alpha", 0, intercept_sd, shape=N_GROUPS)
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    p = pm.math.invlogit(alpha[GROUP] + beta_XY * X + beta_ZY * Z[GROUP])
    pm.Bernoulli("Y_obs", p=p, observed=Y)
    fixed_effects_posterior = pm.sample()

with pm.Model() as multilevel_model:
    alpha_bar = pm.Normal("alpha_bar", 0, 1)
    tau = pm.Exponential("tau", 1)
    z = pm.Normal("z", 0, 1, shape=N_GROUPS)
    alpha = alpha_bar + z * tau
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    p = pm.math.invlogit(alpha[GROUP] + beta_XY * X + beta_ZY * Z[GROUP])
    pm.Bernoulli("Y_obs", p=p, observed=Y)
    multilevel_prior = pm.sample_prior_predictive()
    multilevel_posterior = pm.sample(target_accept=0.95)

plt.hist(GROUP, bins=N_GROUPS)

# A group without rows has no mean; nan stands in its place, and nobody reads it.
Xbar = np.array([np.mean(X[GROUP == g]) for g in range(N_GROUPS)])

with pm.Model() as mundlak_model:
    alpha_bar = pm.Normal("alpha_bar", 0, 1)
    tau = pm.Exponential("tau", 1)
    z = pm.Normal("z", 0, 1, shape=N_GROUPS)
    alpha = alpha_bar + z * tau
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    beta_XbarY = pm.Normal("beta_XbarY", 0, 1)
    p = pm.math.invlogit(alpha[GROUP] + beta_XY * X + beta_ZY * Z[GROUP] + beta_XbarY * Xbar[GROUP])
    pm.Bernoulli("Y_obs", p=p, observed=Y)
    mundlak_posterior = pm.sample(target_accept=0.95)

with pm.Model() as latent_mundlak_model:
    # The confound
    u = pm.Normal("u", 0, 1, shape=N_GROUPS)

    # X
    alpha_X = pm.Normal("alpha_X", 0, 1)
    beta_GX = pm.Exponential("beta_GX", 1)
    sigma_X = pm.Exponential("sigma_X", 1)
    X_ = pm.Normal("X", alpha_X + beta_GX * u[GROUP], sigma_X, observed=X)

    # Y
    tau = pm.Exponential("tau", 1)
    z = pm.Normal("z", 0, 1, size=N_GROUPS)
    alpha_bar = pm.Normal("alpha_bar", 0, 1)
    alpha = alpha_bar + tau * z
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    beta_GY = pm.Normal("beta_GY", 0, 1)
    p = pm.math.invlogit(alpha[GROUP] + beta_XY * X_ + beta_ZY * Z[GROUP] + beta_GY * u[GROUP])
    pm.Bernoulli("Y", p=p, observed=Y)
    latent_mundlak_posterior = pm.sample(target_accept=0.95)
